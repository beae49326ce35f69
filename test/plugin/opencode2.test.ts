import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import plugin from '../../plugin/index.ts';
import { startCollector, until } from './collector.ts';
import type { Collector } from './collector.ts';
import { makeHome, spoolFiles, TOKEN } from './opencode.ts';
import type { Home } from './opencode.ts';

let home: Home;
let collector: Collector;

beforeEach(async () => {
  home = makeHome();
  collector = await startCollector();
});

afterEach(async () => {
  await collector.stop();
  home.remove();
});

describe('setup', () => {
  it('does nothing in an OpenCode 1.18, whose context has no events', async () => {
    const context = {
      options: {},
      agent: {},
      aisdk: {},
      catalog: {},
      command: {},
      integration: {},
      plugin: {},
      skill: {},
    };
    for (const given of [context, undefined, null, {}, { event: {} }, { event: { subscribe: 1 } }]) {
      expect(await plugin.setup(given)).toBeUndefined();
    }
    expect(spoolFiles(home)).toEqual([]);
  });

  it('sends the events of the documented shapes, and stops when it is told to', async () => {
    const end = await plugin.setup(
      context([
        { id: 'evt_1', type: 'session.execution.started', data: { sessionID: 's1' } },
        { id: 'evt_2', type: 'permission.asked', data: { id: 'per_1', sessionID: 's1', permission: 'bash' } },
        {
          id: 'evt_3',
          type: 'session.execution.failed',
          data: { sessionID: 's1', error: { name: 'APIError', data: { statusCode: 500 } } },
        },
        { id: 'evt_4', type: 'session.execution.succeeded', data: { sessionID: 's1' } },
        { id: 'evt_5', type: 'session.text.delta', data: { sessionID: 's1', delta: 'secret' } },
      ]),
    );
    await until(() => collector.stored().length === 4);
    await end?.();
    expect(collector.stored().map(({ id, type, session }) => [id, type, session])).toEqual([
      ['evt_1', 'session.status', 's1'],
      ['evt_2', 'permission.asked', 's1'],
      ['evt_3', 'session.error', 's1'],
      ['evt_4', 'session.idle', 's1'],
    ]);
  });

  it('survives a stream that fails', async () => {
    const broken = { subscribe: () => Promise.reject(new Error('no stream')) };
    const end = await plugin.setup({ ...context([]), event: broken });
    await expect(end?.()).resolves.toBeUndefined();
  });
});

function context(events: readonly unknown[]) {
  async function* subscribe({ signal }: { signal: AbortSignal }) {
    yield* events;
    await new Promise((resolve) => {
      signal.addEventListener('abort', resolve);
    });
  }
  return { event: { subscribe }, options: { url: collector.url, token: TOKEN }, directory: home.project };
}
