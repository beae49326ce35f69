import { expect, test } from 'vitest';

import type { SourceEvent } from '../../plugin/contract.ts';
import { batch, idle, message } from './builders.ts';
import { readLog } from './oracle.ts';
import { useRelay } from './setup.ts';

const relay = useRelay();

test('a batch is stored once, however often it comes', async () => {
  const team = await relay.team();
  const sent = batch([message(1), idle(2)]);
  expect((await team.call('POST', '/v1/events', sent)).body).toEqual({ accepted: 2, duplicates: 0, rejected: [] });
  expect((await team.call('POST', '/v1/events', sent)).body).toEqual({ accepted: 0, duplicates: 2, rejected: [] });
  const { body } = await team.call('GET', '/v1/events');
  expect(body.events.map((event: { type: string }) => event.type)).toEqual(['message.updated', 'session.idle']);
  const usage = await team.call('GET', '/v1/usage?from=2026-11-20&to=2026-11-21');
  expect(usage.body.total).toMatchObject({ messages: 1, cost_usd: '0.00396' });
});

test('a bad event rejects itself by its index and no other', async () => {
  const team = await relay.team();
  const bad = message(2, { cost_usd: '-0.5' });
  const { status, body } = await team.call('POST', '/v1/events', batch([message(1), bad, idle(3)]));
  expect(status).toBe(202);
  expect(body).toMatchObject({ accepted: 2, duplicates: 0, rejected: [{ index: 1 }] });
  expect(body.rejected[0].detail).toContain('data.cost_usd: must not be negative');
  const sources = await team.call('GET', '/v1/sources');
  expect(sources.body.sources[0]).toMatchObject({
    last_seq: 3,
    missing: 1,
    gaps: [{ first: 2, last: 2 }],
    rejected: 1,
  });
});

test('a type may have the name of anything', async () => {
  const team = await relay.team();
  const names = Object.getOwnPropertyNames(Object.prototype).filter((name) => /^[a-z0-9_]+$/i.test(name));
  const events = names.map((type, at) => ({ ...idle(at + 2), type, data: { a: 1 } }));
  const { status, body } = await team.call('POST', '/v1/events', batch([message(1), ...events] as SourceEvent[]));
  expect([status, body]).toMatchObject([202, { accepted: names.length + 1, rejected: [] }]);
  expect((await team.call('GET', '/v1/sessions')).body.sessions).toMatchObject([{ id: 'ses_1', status: null }]);
  expect((await readLog(team)).map(({ type }) => type)).toEqual(['message.updated', ...names]);
});
