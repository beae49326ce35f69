// The examples are what would really be sent: a source could have said them, and every destination makes something of them.
import { expect, test } from 'vitest';

import { CONTRACT_VERSION } from '../../plugin/contract.ts';
import { DESTINATION_KINDS, destinations } from '../../worker/destination/destinations.ts';
import { outgoing } from '../../worker/event/event.ts';
import { EVENT_TYPES, exampleOf } from '../../worker/event/example.ts';
import { RELAY } from '../../worker/event/own.ts';
import { OWN, parseBatch } from '../../worker/event/parse.ts';
import { dataSchemas } from '../../worker/event/schema.ts';
import { noteOf } from '../../worker/destination/note.ts';
import { TARGETS } from './targets.ts';

const AT = Date.UTC(2026, 10, 23, 10);
const example = (type: string) => exampleOf(type, { id: 'acme-7', at: AT });
const OF_RELAY = EVENT_TYPES.filter((type) => example(type).source.id === RELAY.id);
const OF_SOURCES = EVENT_TYPES.filter((type) => !OF_RELAY.includes(type));

test('there is one of each type that a source or the relay says', () => {
  expect(OF_SOURCES.toSorted()).toEqual(Object.keys(dataSchemas).toSorted());
  expect(OF_RELAY.filter((type) => !OWN.test(type))).toEqual([]);
});

function sentBySource(type: string) {
  const { session, source, data, timestamp: time } = example(type);
  const events = [{ seq: 1, id: 'evt_1', type, time, session, data }];
  const from = { ...source, id: 'src_1' };
  return parseBatch(
    { version: CONTRACT_VERSION, source: from, sent_at: time, backlog: 0, events },
    { now: AT, maxUsd: 1_000 },
  );
}

test.each(OF_SOURCES)('the door takes %s', (type) => {
  const { data } = example(type);
  const batch = expect.objectContaining({ events: [expect.objectContaining({ type, data })] });
  expect(sentBySource(type)).toEqual({ ok: true, value: { batch, rejected: [] } });
});

test.each(OF_RELAY)('the door refuses %s, which is for the relay to say', (type) => {
  const rejected = [{ index: 0, detail: `type: is the relay's own to say, got ${type}` }];
  expect(sentBySource(type)).toMatchObject({ ok: true, value: { rejected } });
});

test.each(DESTINATION_KINDS)('%s renders each of them within its limits', async (kind) => {
  expect.hasAssertions();
  for (const type of EVENT_TYPES) {
    const message = {
      event: outgoing(example(type)),
      url: TARGETS[kind].url,
      endpoint: 'ep_1',
      keys: [`whsec_${'A'.repeat(32)}`],
      format: 'standard' as const,
    };
    TARGETS[kind].check((await destinations[kind].render(message, AT)).body);
  }
});

test.each(
  EVENT_TYPES.filter((type) =>
    /^(?:endpoint|budget|digest|anomaly|archive|escalation|notice)\.|^(?:mail\.(?:sent|expired)|city\.event|session\.(?:stalled|resumed))$/.test(
      type,
    ),
  ),
)('what a chat says of %s has no hole in it', (type) => {
  const { title, facts } = noteOf(example(type), { spent: null, folded: 0 });
  expect(title).not.toBe(type);
  expect(JSON.stringify([title, facts])).not.toMatch(/unknown|undefined|null|NaN|\?/);
});
