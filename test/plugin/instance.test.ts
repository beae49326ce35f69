// One instance at work while weeks pass.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';

import { open } from '../../plugin/instance.ts';
import { fakeClock } from './fake-clock.ts';
import { message } from './opencode.ts';
import { SOURCE } from './queue.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gasline-instance-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function spooled(): string {
  const file = readdirSync(folder, { recursive: true, encoding: 'utf8' }).find((name) => name.endsWith('jsonl')) ?? '';
  return readFileSync(join(folder, file), 'utf8');
}

it('keeps a state for a week and money for five while the relay is away', async () => {
  const clock = fakeClock();
  const { record, end } = open({
    configuration: {
      // Nobody listens on port 1 (tcpmux).
      url: 'http://127.0.0.1:1',
      token: 'token',
      member: null,
      titles: false,
      stop: false,
      extras: null,
      spoolFolder: folder,
    },
    source: SOURCE,
    shared: { inputs: new WeakSet(), sources: new Set(), endings: new Set(), listening: false },
    log: () => undefined,
    show: () => undefined,
    clock,
    newId: () => 'gl_1',
  });
  record({ id: 'evt_1', type: 'session.compacted', properties: { sessionID: 's1' } });
  record({ id: 'evt_2', type: 'message.updated', properties: message('m1') });
  for (let hour = 0; hour < 24 * 6; hour += 1) clock.advance(3_600_000);
  expect(spooled()).toContain('session.compacted');
  for (let hour = 0; hour < 24 * 3; hour += 1) clock.advance(3_600_000);
  clock.advance(0);
  expect(spooled()).not.toContain('session.compacted');
  expect(spooled()).toMatch(/message\.updated.*\n.*spool\.dropped/);
  await end();
});
