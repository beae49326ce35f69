import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { fields } from '../../plugin/field.ts';
import { normalise, remember } from '../../plugin/normalise.ts';
import type { Fact } from '../../plugin/normalise.ts';
import { digest, readTrace, replay } from './trace.ts';

const START = [
  'session.created',
  'session.updated',
  'session.updated',
  'session.status busy',
  'session.updated',
  'session.updated',
];
const ANSWER = ['message.updated chat 0.00396 unfinished', 'message.updated chat 0.00396 completed'];
const TOOL = ['message.updated chat 0.00321 unfinished', 'message.updated chat 0.00321 completed'];

describe('a recorded run of OpenCode', () => {
  it.each<[string, readonly string[]]>([
    ['run-oneshot', [...START, ...ANSWER, 'session.idle', 'session.updated']],
    [
      'run-subagent',
      [
        ...START,
        'session.created',
        'session.updated',
        'session.updated',
        'session.status busy',
        'session.updated',
        'message.updated subagent 0.00396 unfinished',
        'message.updated subagent 0.00396 completed',
        'session.idle',
        'session.updated',
        ...TOOL,
        'session.updated',
        ...ANSWER,
        'session.idle',
        'session.updated',
      ],
    ],
    [
      'run-permission-ask',
      [...START, 'permission.asked bash', 'permission.replied reject', ...TOOL, 'session.idle', 'session.updated'],
    ],
    [
      'run-err401',
      [...START, 'session.error APIError 401', 'session.idle', 'message.updated chat 0 completed APIError'],
    ],
    [
      'run-err500',
      [
        ...START,
        ...[1, 2, 3, 4, 5].flatMap((attempt) => [`session.status retry ${attempt}`, 'session.status busy']),
        'session.error APIError 500',
        'session.idle',
        'message.updated chat 0 completed APIError',
      ],
    ],
    [
      'run-fork',
      [
        'session.created',
        'message.updated chat 0.00321 completed copied',
        'message.updated chat 0.00396 completed copied',
        'session.updated',
        'session.updated',
        'session.status busy',
        'session.updated',
        ...ANSWER,
        'session.idle',
        'session.updated',
      ],
    ],
  ])('%s becomes the expected events', (file, expected) => {
    expect(replay(readTrace(file)).map(digest)).toEqual(expected);
  });

  it('adds up to the invoice of the model, with forks, reverts, deletions, sub-agents and compactions in it', () => {
    expect(spend(replay(readTrace('serve-sdk')))).toBe(60_540_000);
  });

  it('recognises each of the messages that forks copied', () => {
    const copied = replay(readTrace('serve-sdk')).filter((fact) => fact.type === 'message.updated' && fact.data.copied);
    expect(copied).toHaveLength(10);
  });

  it('ends each turn once', () => {
    const turns = new Map<string | null, string>();
    for (const fact of replay(readTrace('serve-sdk'))) {
      const sign = fact.type === 'session.idle' ? '.' : fact.type === 'session.status' ? '>' : '';
      turns.set(fact.session, (turns.get(fact.session) ?? '') + sign);
    }
    const seen = [...turns.values()].filter(Boolean);
    expect(seen.length).toBeGreaterThan(5);
    for (const signs of seen) expect(signs).toMatch(/^(>+\.)+$/);
  });

  it('keeps the ids of OpenCode', () => {
    const ids = new Set(readTrace('run-oneshot').map(({ id }) => id));
    for (const fact of replay(readTrace('run-oneshot'))) expect(ids).toContain(fact.id);
  });

  it('shows titles only when the member asks for them', () => {
    expect(JSON.stringify(replay(readTrace('serve-sdk')))).not.toContain('abort me');
    expect(JSON.stringify(replay(readTrace('serve-sdk'), true))).toContain('abort me');
  });
});

describe('normalise', () => {
  it('reports a revert once', () => {
    const memory = remember(false, null);
    const updated = (revert?: unknown) =>
      normalise(raw('session.updated', { sessionID: 's', info: { time: { created: 1 }, revert } }), memory, 2, makeId)
        ?.type;
    expect([
      updated(),
      updated({ messageID: 'a' }),
      updated({ messageID: 'a' }),
      updated({ messageID: 'b' }),
      updated(),
    ]).toEqual(['session.updated', 'session.reverted', 'session.updated', 'session.reverted', 'session.updated']);
  });

  it.each<[string, string, unknown]>([
    ['a retry', 'session.status', { status: { type: 'retry', attempt: 1 } }],
    ['a question', 'question.asked', { id: 'que_1', questions: [] }],
  ])('says that the session goes on after %s, and that it is idle once', (_, type, properties) => {
    const memory = remember(false, null);
    const send = (type: string, more: unknown = {}) =>
      normalise(raw(type, { sessionID: 's', ...fields(more) }), memory, 1, makeId)?.type ?? null;
    const busy = { status: { type: 'busy' } };
    expect([send('session.status', busy), send('session.status', busy)]).toEqual(['session.status', null]);
    expect(send(type, properties)).toBe(type);
    expect([send('session.status', busy), send('session.status', busy)]).toEqual(['session.status', null]);
    expect(send(type, properties)).toBe(type);
    expect([send('session.idle'), send('session.idle')]).toEqual(['session.idle', null]);
  });

  it('sums the tokens of all steps of a message, which its own field does not', () => {
    const memory = remember(false, null);
    const step = (id: string, input: number) =>
      normalise(
        raw('message.part.updated', { part: { type: 'step-finish', id, messageID: 'm', tokens: { input } } }),
        memory,
        1,
        makeId,
      );
    step('a', 10);
    step('b', 20);
    step('b', 25);
    const info = { id: 'm', role: 'assistant', cost: 1, tokens: { input: 25 }, time: { created: 1 } };
    const fact = normalise(raw('message.updated', { sessionID: 's', info }), memory, 1, makeId);
    expect(fact?.type === 'message.updated' && fact.data.tokens.input).toBe(35);
  });

  it.each<[unknown, string]>([
    [0.00396, '0.00396'],
    [0, '0'],
    [10, '10'],
    [0.1 + 0.2, '0.3'],
    [1e-9, '0.000000001'],
    [Number.NaN, 'NaN'],
    [-1, '-1'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
  ])('writes a cost of %s as "%s"', (cost, expected) => {
    const info = { id: 'm', role: 'assistant', cost, time: { created: 1, completed: 2 } };
    const fact = normalise(raw('message.updated', { sessionID: 's', info }), remember(false, null), 1, makeId);
    expect(fact?.type === 'message.updated' && fact.data.cost_usd).toBe(expected);
  });

  it('never throws, whatever OpenCode publishes', () => {
    const types = [
      'session.created',
      'session.updated',
      'session.status',
      'session.idle',
      'message.updated',
      'todo.updated',
    ];
    const type = fc.oneof(fc.constantFrom(...types, 'message.part.updated', '__proto__', 'toString'), fc.string());
    const event = fc.record(
      { id: fc.anything(), type, properties: fc.oneof(fc.anything(), hostile()) },
      { requiredKeys: [] },
    );
    let longest = 0;
    fc.assert(
      fc.property(fc.oneof(event, fc.anything()), (raw) => {
        const fact = normalise(raw, remember(true, null), Date.now(), makeId);
        longest = Math.max(longest, JSON.stringify(fact).length);
      }),
    );
    expect(longest).toBeLessThan(4000);
  });

  it('forgets the oldest sessions and messages', () => {
    const memory = remember(false, null);
    for (let i = 0; i < 5000; i += 1) {
      normalise(raw('session.created', { sessionID: `s${i}`, info: { time: { created: i } } }), memory, i, makeId);
      const part = { type: 'step-finish', id: 'p', messageID: `m${i}`, tokens: {} };
      normalise(raw('message.part.updated', { part }), memory, i, makeId);
    }
    expect(memory.sessions.size).toBeLessThanOrEqual(1000);
    expect(memory.steps.size).toBeLessThanOrEqual(500);
  });
});

function hostile() {
  const info = fc.record({ id: fc.string(), role: fc.constant('assistant'), time: fc.anything(), cost: fc.anything() });
  return fc.record({
    sessionID: fc.anything(),
    info,
    part: fc.anything(),
    status: fc.anything(),
    todos: fc.anything(),
  });
}

function spend(facts: readonly Fact[]): number {
  const costs = new Map<string, number>();
  for (const fact of facts) {
    if (fact.type === 'message.updated' && !fact.data.copied)
      costs.set(fact.data.message, Math.round(Number(fact.data.cost_usd) * 1e9));
  }
  return [...costs.values()].reduce((sum, cost) => sum + cost, 0);
}

function raw(type: string, properties: unknown) {
  return { id: 'evt_1', type, properties };
}

function makeId(): string {
  return 'gl_made';
}
