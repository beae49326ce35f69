import { describe, expect, it } from 'vitest';

import { openReading } from '../../../plugin/mail/reading.ts';
import { letter } from './letters.ts';

const NOW = 1_000;
const request = { sessionID: 's1', agent: 'build', message: { id: 'user_1' } };
const answer = { role: 'assistant', parentID: 'user_1', finish: 'stop', time: { created: 900, completed: 1_001 } };

function asked(changes: object = {}) {
  const reading = openReading(() => NOW);
  reading.hold('s1', [letter('a')]);
  reading.ask({ ...request, ...changes });
  return reading;
}

describe('a model has read what was in its request', () => {
  it('when its answer is whole, and is told to have done so once', () => {
    const reading = asked();
    const said = { sessionID: 's1', info: answer };
    expect(reading.hear(said).map(({ id }) => id)).toEqual(['a']);
    expect(reading.hear(said)).toEqual([]);
  });

  it('when its answer was to call a tool', () => {
    expect(asked().hear({ sessionID: 's1', info: { ...answer, finish: 'tool-calls' } })).toHaveLength(1);
  });

  it.each([
    ['is of the user', { role: 'user' }],
    ['answers another message', { parentID: 'user_0' }],
    ['is not complete', { time: { created: 900 } }],
    ['was complete before it was asked', { time: { created: 900, completed: 999 } }],
    ['failed', { error: { name: 'APIError' } }],
    ['was aborted while it was to be asked again, which leaves no error', { finish: undefined }],
    ['ended in an error', { finish: 'error' }],
    ['is a summary', { summary: true }],
  ])('and not when the message %s', (_, changes) => {
    expect(asked().hear({ sessionID: 's1', info: { ...answer, ...changes } })).toEqual([]);
  });

  it.each([['title'], ['compaction']])('and not when it was asked for a %s', (agent) => {
    expect(asked({ agent }).hear({ sessionID: 's1', info: answer })).toEqual([]);
  });

  it('and not when another session was asked', () => {
    expect(asked({ sessionID: 's2' }).hear({ sessionID: 's2', info: answer })).toEqual([]);
    expect(asked().hear({ sessionID: 's2', info: answer })).toEqual([]);
  });

  it('and not when the request held none of it any more', () => {
    const reading = asked();
    reading.hold('s1', []);
    reading.ask({ ...request, message: { id: 'user_2' } });
    expect(reading.hear({ sessionID: 's1', info: { ...answer, parentID: 'user_2' } })).toEqual([]);
  });

  it('also when it was asked several times for one answer', () => {
    const reading = asked();
    reading.ask(request);
    expect(reading.hear({ sessionID: 's1', info: answer })).toHaveLength(1);
  });
});
