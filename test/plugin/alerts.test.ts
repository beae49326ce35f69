import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { openAlerts } from '../../plugin/alerts.ts';
import { registry } from '../../plugin/registry.ts';
import { accept, startCollector, until } from './collector.ts';
import type { Collector } from './collector.ts';
import { load, makeHome, TOKEN } from './opencode.ts';
import type { Home, Loaded } from './opencode.ts';

const NOON = Date.parse('2026-11-22T12:00:00Z');
const alert = {
  id: 'bud_1',
  action: 'stop',
  until: '2026-11-23T00:00:00.000Z',
  message: 'Budget "team" is at 104 % of its day: $10.40 of $10.00',
};

function open(isStopWanted: boolean) {
  const shown: string[] = [];
  const clock = { now: NOON };
  const alerts = openAlerts(
    (message) => shown.push(message),
    isStopWanted,
    () => clock.now,
  );
  return { ...alerts, shown, clock };
}

describe('a budget that is used up', () => {
  it('is shown once a period', () => {
    const { hear, shown } = open(false);
    for (const percent of [104, 105, 106]) hear([{ ...alert, message: `at ${percent} %` }]);
    hear([{ ...alert, message: 'the next day', until: '2026-11-24T00:00:00.000Z' }]);
    hear([{ ...alert, message: 'another budget', id: 'bud_2' }]);
    expect(shown).toEqual(['at 104 %', 'the next day', 'another budget']);
  });

  it('stops nobody who did not ask for it', () => {
    const { hear, admit } = open(false);
    hear([alert]);
    expect(admit).not.toThrow();
  });

  it('stops who asked for it, saying why, until its period ends', () => {
    const { hear, admit, clock } = open(true);
    hear([{ ...alert, action: 'warn' }]);
    expect(admit).not.toThrow();
    hear([alert, { ...alert, id: 'bud_2', action: 'warn' }]);
    expect(admit).toThrow(`${alert.message}; option stop is true`);
    clock.now = Date.parse(alert.until);
    expect(admit).not.toThrow();
  });

  it.each([[undefined], [[]], [[{ ...alert, action: 'warn' }]]])('lets go when the relay says %j', (budgets) => {
    const { hear, admit } = open(true);
    hear([alert]);
    hear(budgets);
    expect(admit).not.toThrow();
  });

  it.each([
    [null],
    ['stop'],
    [[null, 7, {}, { action: 'stop' }, { action: 'stop', until: 'never' }]],
    [{ length: 1e9 }],
  ])('is not made of %j', (budgets) => {
    const { hear, admit } = open(true);
    hear(budgets);
    expect(admit).not.toThrow();
  });
});

describe('the plugin', () => {
  let home: Home;
  let collector: Collector;

  beforeEach(async () => {
    home = makeHome();
    const soon = { ...alert, until: new Date(Date.now() + 3_600_000).toISOString() };
    collector = await startCollector(async (batch, request) => {
      const answer = await accept(batch, request);
      return answer === 'hang' ? answer : { ...answer, body: { ...(answer.body as object), budgets: [soon] } };
    });
  });

  afterEach(async () => {
    await Promise.all([...registry().endings].map((end) => end()));
    await collector.stop();
    home.remove();
  });

  const callModel = async ({ hooks }: Loaded) => hooks['chat.params']?.({} as never, {} as never);

  it('shows one toast and lets the model be called', async () => {
    const loaded = await load(home, { url: collector.url, token: TOKEN });
    loaded.publish('session.idle', { sessionID: 's1' });
    await until(() => loaded.toasts.length > 0);
    loaded.publish('session.error', { sessionID: 's1' });
    await until(() => collector.requests.length === 2);
    await callModel(loaded);
    expect(loaded.toasts).toEqual([alert.message]);
  });

  it('keeps the model from being called where the member wants that', async () => {
    const loaded = await load(home, { url: collector.url, token: TOKEN, stop: true });
    await callModel(loaded);
    loaded.publish('session.idle', { sessionID: 's1' });
    await until(() => loaded.toasts.length > 0);
    await expect(callModel(loaded)).rejects.toThrow('option stop is true');
  });
});
