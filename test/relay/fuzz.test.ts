import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import type { Batch } from '../../plugin/contract.ts';
import { batch, event, idle, message, source } from './builders.ts';
import { nasty, pathsOf, replaced, verdict } from './nasty.ts';
import { readLog } from './oracle.ts';
import { useOnce, useRelay } from './setup.ts';

const relay = useRelay();
const team = useOnce(() => relay.team());

const full: Batch = batch(
  [
    message(1, { error: { name: 'APIError', status: 500 } }),
    idle(2),
    event(3, 'session.created', { parent: null, created_at: '2026-11-20T09:00:00.000Z', title: 'a title' }),
    event(4, 'session.status', { status: 'retry', attempt: 1, next_at: null }),
    event(5, 'todo.updated', { pending: 1, in_progress: 2, completed: 3, cancelled: 4 }),
    event(6, 'spool.dropped', { reason: 'age', events: 3, first_seq: 1, last_seq: 3 }),
  ],
  { source: source({ town: { town: 'a', role: 'b', rig: 'c', worker: null, bead: null } }) },
);

test('any bytes at all are answered with 2xx or a problem', async () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.string({ unit: 'binary' }).map((text) => new TextEncoder().encode(text)),
  );
  await fc.assert(
    fc.asyncProperty(bytes, fc.constantFrom(undefined, 'gzip'), async (body, encoding) => {
      const headers = encoding === undefined ? {} : { 'content-encoding': encoding };
      expect(verdict(await team.call('POST', '/v1/events', body, { headers }))).toBe('good');
    }),
    { numRuns: 150 },
  );
});

/** The same from a source of its own: what a source has said before would be a duplicate, which nothing looks into. */
function anew(run: number): Batch {
  return { ...full, source: { ...full.source, id: `src_${run}` } };
}

test('a good batch with one value in the place of another is answered with 2xx or a problem', async () => {
  const paths = fc.constantFrom(...pathsOf(full));
  const wild = await relay.team();
  let [runs, accepted] = [0, 0];
  await fc.assert(
    fc.asyncProperty(paths, nasty, async (path, value) => {
      const body = JSON.stringify(replaced(anew((runs += 1)), path, value)) ?? 'null';
      const answer = await wild.call('POST', '/v1/events', body);
      expect(verdict(answer)).toBe('good');
      accepted += answer.body?.accepted ?? 0;
    }),
    { numRuns: 500 },
  );
  // Most values spoil one event, and its five neighbours are stored.
  expect(accepted).toBeGreaterThan(2.5 * runs);
  for (const path of [
    '/v1/events',
    '/v1/sessions',
    '/v1/sources',
    '/v1/usage?group_by=member,project&from=1970-01-01',
  ]) {
    expect((await wild.call('GET', path)).status).toBe(200);
  }
});

test('a good batch with a key too many is answered with 2xx or a problem, and the key goes nowhere', async () => {
  const holders = fc.constantFrom(...pathsOf(full).filter((path) => path.at(-1) !== 'events'));
  const keys = fc.constantFrom('__proto__', 'constructor', 'prompt', 'seq2', '', '\u0000', 'x'.repeat(5_000));
  const strict = await relay.team();
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(holders, keys, async (path, key) => {
      const body = JSON.stringify(replaced(anew((runs += 1)), [...path, key], 'SECRET'));
      expect(verdict(await strict.call('POST', '/v1/events', body))).toBe('good');
    }),
    { numRuns: 150 },
  );
  const log = await readLog(strict);
  expect(log.length).toBeGreaterThan(2.5 * runs);
  expect(JSON.stringify(log)).not.toContain('SECRET');
});

test('of a batch with good and bad events the good are stored, the bad named by their index', async () => {
  const isGood = fc.array(fc.boolean(), { minLength: 1, maxLength: 30, size: 'max' });
  const spoils: ((seq: number) => unknown)[] = [
    (seq) => ({ ...idle(seq), seq: -seq }),
    (seq) => ({ ...idle(seq), time: 'never' }),
    (seq) => message(seq, { cost_usd: 'free' }),
    (seq) => ({ ...idle(seq), data: null }),
    () => null,
  ];
  await fc.assert(
    fc.asyncProperty(isGood, async (pattern) => {
      const mixed = await relay.team();
      const events = pattern.map((good, at) => (good ? idle(at + 1) : spoils[at % spoils.length]?.(at + 1)));
      const { status, body } = await mixed.call('POST', '/v1/events', { ...full, events });
      const bad = [...pattern.keys()].filter((at) => !pattern[at]);
      expect(status).toBe(bad.length === pattern.length ? 422 : 202);
      expect(body.rejected.map(({ index }: { index: number }) => index)).toEqual(bad);
      const stored = (await readLog(mixed)).map(({ origin }) => origin.seq - 1);
      expect(stored).toEqual([...pattern.keys()].filter((at) => pattern[at]));
    }),
    { numRuns: 25 },
  );
});

test('a key that is named twice is refused with its place, wherever it stands', async () => {
  const events = full.events.map((event) => JSON.stringify(event));
  const [head = '', tail = ''] = JSON.stringify({ ...full, events: [] }).split('[]');
  function withTwin(text: string): fc.Arbitrary<{ text: string; key: string }> {
    const keys = [...text.matchAll(/"(\w+)":/g)];
    return fc.tuple(fc.constantFrom(...keys), fc.boolean()).map(([{ 0: plain, 1: key = '', index }, isEscaped]) => {
      const escaped = `"\\u${key.charCodeAt(0).toString(16).padStart(4, '0')}${key.slice(1)}":`;
      return { text: `${text.slice(0, index)}${isEscaped ? escaped : plain}null,${text.slice(index)}`, key };
    });
  }
  const inAnEvent = fc
    .nat(events.length - 1)
    .chain((index) => withTwin(events[index] ?? '').map((twin) => ({ ...twin, index })))
    .map(({ text, key, index }) => ({
      body: `${head}[${events.with(index, text).join(',')}]${tail}`,
      place: new RegExp(`^events\\.${index}\\.(.+\\.)?${key}: stands twice in one object$`),
    }));
  const inTheEnvelope = withTwin(`${head}[]${tail}`).map(({ text, key }) => ({
    body: text,
    place: new RegExp(`^(source\\.(.+\\.)?)?${key}: stands twice in one object$`),
  }));
  await fc.assert(
    fc.asyncProperty(fc.oneof(inAnEvent, inTheEnvelope), async ({ body: given, place }) => {
      const { status, body } = await team.call('POST', '/v1/events', given);
      expect([status, body.detail]).toEqual([400, expect.stringMatching(place)]);
    }),
    { numRuns: 80 },
  );
});

test('any query at all is answered with 2xx or a problem', async () => {
  const routes = fc.constantFrom(
    '/v1/events',
    '/v1/sessions',
    '/v1/usage',
    '/v1/sources',
    '/v1/endpoints',
    '/v1/nothing',
  );
  const names = fc.constantFrom(
    'after',
    'limit',
    'type',
    'session',
    'from',
    'to',
    'zone',
    'step',
    'group_by',
    'sort',
    'offset',
  );
  const values = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.constantFrom('0', '1', '-1', 'day', 'UTC', '2026-11-20', '%', '%ff'),
  );
  await fc.assert(
    fc.asyncProperty(routes, names, values, fc.boolean(), async (route, name, value, raw) => {
      const query = raw ? value.replace(/[^\w%.-]/g, '') : encodeURIComponent(value.toWellFormed());
      expect(verdict(await team.call('GET', `${route}?${name}=${query}`))).toBe('good');
    }),
    { numRuns: 200 },
  );
});
