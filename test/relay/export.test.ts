import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import type { Batch } from '../../plugin/contract.ts';
import { readTable } from '../support/csv.ts';
import { broken } from '../support/focus.ts';
import { signedNanoOf } from '../support/nano.ts';
import { batch, event, message, source } from './builders.ts';
import type { TestTeam } from './harness.ts';
import { arrivals, history } from './history.ts';
import { useRelay } from './setup.ts';

const DAY = 24 * 3_600_000;
const NOVEMBER = 'from=2026-11-01T00:00:00Z&to=2026-12-01T00:00:00Z';

const relay = useRelay();

async function receive(team: TestTeam, batches: readonly Batch[]): Promise<void> {
  for (const sent of batches) {
    const { status, body } = await team.call('POST', '/v1/events', sent);
    if (status !== 202) throw new Error(JSON.stringify(body));
  }
}

async function get(team: TestTeam, path: string): Promise<string> {
  const { status, body } = await team.call('GET', path);
  if (status !== 200) throw new Error(JSON.stringify(body));
  return body;
}

async function totalOf(team: TestTeam, range: string) {
  return (await team.call('GET', `/v1/usage?${range}`)).body.total;
}

function sum(rows: readonly Record<string, string>[], name: string): bigint {
  return rows.reduce((all, row) => all + signedNanoOf(row[name] ?? ''), 0n);
}

test('FOCUS charges of any range are what usage says of it, to the nano-dollar, and keep to the rules', async () => {
  const ranges = fc.record({
    from: fc.integer({ min: 16, max: 22 }),
    days: fc.nat({ max: 6 }),
    hour: fc.nat({ max: 23 }),
    zone: fc.constantFrom('UTC', 'Asia/Kathmandu', 'America/New_York'),
  });
  const cases = fc.tuple(history.chain(arrivals), fc.array(ranges, { minLength: 3, maxLength: 3 }), fc.nat({ max: 9 }));
  await fc.assert(
    fc.asyncProperty(cases, async ([batches, asked, split]) => {
      const team = await relay.team();
      await receive(team, batches.slice(0, split));
      // What comes in December for November is a correction of a month that is closed.
      await team.advance(20 * DAY);
      await receive(team, batches.slice(split));
      const days = asked.map(({ from, days, zone }) => `from=2026-11-${from}&to=2026-11-${from + days}&zone=${zone}`);
      const cut = asked.map(
        ({ from, hour }) => `from=2026-11-${from}T${hour.toString().padStart(2, '0')}:15:00Z&to=2026-11-30`,
      );
      for (const range of [...days, ...cut, NOVEMBER]) {
        const rows = readTable(await get(team, `/v1/export?format=focus&${range}`));
        expect(broken(rows)).toEqual([]);
        const total = await totalOf(team, range);
        expect(sum(rows, 'BilledCost')).toBe(signedNanoOf(total.cost_usd ?? '0'));
        expect(sum(rows, 'EffectiveCost')).toBe(signedNanoOf(total.cost_usd ?? '0'));
        const counted = rows.filter((row) => row['x_Messages'] !== '');
        expect(counted.reduce((all, row) => all + Number(row['x_Messages']), 0)).toBe(total.messages);
        expect(counted.reduce((all, row) => all + Number(row['x_InputTokens']), 0)).toBe(total.tokens.input);
      }
      const rows = readTable(await get(team, `/v1/export?format=focus&${NOVEMBER}`));
      const corrections = rows.filter((row) => row['ChargeClass'] === 'Correction');
      expect(sum(corrections, 'BilledCost')).toBe(signedNanoOf((await totalOf(team, NOVEMBER)).late_usd));
    }),
    { numRuns: 12 },
  );
});

test('the entries of a range are what usage says of it, in both formats, each once', async () => {
  const cases = fc.tuple(history.chain(arrivals), fc.integer({ min: 17, max: 22 }), fc.nat({ max: 4 }));
  await fc.assert(
    fc.asyncProperty(cases, async ([batches, from, days]) => {
      const team = await relay.team();
      await receive(team, batches);
      const range = `from=2026-11-${from}&to=2026-11-${from + days}&zone=Asia/Kathmandu`;
      const total = await totalOf(team, range);
      const table = readTable(await get(team, `/v1/export?format=csv&${range}`));
      // A copy is an entry too, and costs nothing.
      const paid = table.filter((row) => row['state'] !== 'copied');
      const priced = table.filter((row) => row['cost_usd'] !== '');
      expect([paid.length, sum(priced, 'cost_usd')]).toEqual([total.messages, signedNanoOf(total.cost_usd ?? '0')]);
      expect(table.length - priced.length).toBe(total.unpriced_messages);
      expect(sum(paid, 'reported_usd')).toBe(signedNanoOf(total.reported_usd));
      const lines = (await get(team, `/v1/export?format=ndjson&${range}`)).split('\n').slice(0, -1);
      const entries = lines.map((line) => JSON.parse(line));
      expect(entries.map(({ session, message }) => [session, message])).toEqual(
        table.map((row) => [row['session'], row['message']]),
      );
      for (const entry of entries) {
        const { entries: own } = (await team.call('GET', `/v1/sessions/${entry.session}`)).body;
        const shown = own.find((one: { message: string }) => one.message === entry.message);
        expect(entry).toMatchObject(shown);
      }
    }),
    { numRuns: 8 },
  );
});

test('an export of many pages has every entry of the range once, in order', async () => {
  const team = await relay.team();
  const hours = ['2026-11-20T09:00:00.000Z', '2026-11-21T09:00:00.000Z'];
  for (let round = 0; round < 8; round += 1) {
    const events = Array.from({ length: 500 }, (_, at) =>
      message(
        at + 1,
        { message: `msg_${round}_${at}`, created_at: hours[at % 2] ?? '' },
        { session: `ses_${(round * 500 + at) % 7}` },
      ),
    );
    await receive(team, [batch(events, { source: source({ id: `src_${round}` }) })]);
  }
  const all = readTable(await get(team, '/v1/export?format=csv&from=2026-11-20&to=2026-11-22'));
  const keys = all.map((row) => `${row['session']} ${row['message']}`);
  expect([keys.length, new Set(keys).size]).toEqual([4_000, 4_000]);
  expect(keys).toEqual(keys.toSorted());
  const half = await get(team, '/v1/export?from=2026-11-21&to=2026-11-22');
  expect(half.split('\n')).toHaveLength(2_001);
  expect(await get(team, '/v1/export?from=2026-11-10&to=2026-11-11')).toBe('');
});

test('an export says what it is, and refuses what it does not know before it begins', async () => {
  const team = await relay.team();
  const types = { ndjson: 'application/x-ndjson', csv: 'text/csv; charset=utf-8; header=present', focus: 'text/csv' };
  for (const [format, type] of Object.entries(types)) {
    const { headers, body } = await team.call('GET', `/v1/export?format=${format}`);
    expect(headers.get('content-type')).toContain(type);
    expect(headers.get('content-disposition')).toMatch(/^attachment; filename="gasline-/);
    expect(body.split('\r\n')).toHaveLength(format === 'ndjson' ? 1 : 2);
  }
  for (const query of ['format=xml', 'zone=Mars', 'from=2026-11-02&to=2026-11-01', 'format=focus&from=1970-01-01']) {
    const { status, body } = await team.call('GET', `/v1/export?${query}`);
    expect([status, body.type]).toEqual([400, 'urn:gasline:problem:query-malformed']);
  }
});

test('usage and sessions are written as CSV for who asks for it', async () => {
  const team = await relay.team();
  const evil = source({ member: '=HYPERLINK("http://evil","x")', project: { id: 'p1', name: 'a,b' } });
  const info = { parent: null, created_at: '2026-11-20T09:00:00.000Z', title: '@SUM(1+1)\n"quoted"' };
  const events = [event(1, 'session.created', info), message(2, { cost_usd: '0.1' })];
  await receive(team, [batch(events, { source: evil })]);
  const range = 'from=2026-11-20&to=2026-11-22';
  const asked = await get(team, `/v1/usage?${range}&group_by=member,project&step=day&format=csv`);
  expect(readTable(asked)).toEqual([
    {
      from: '2026-11-20T00:00:00.000Z',
      to: '2026-11-21T00:00:00.000Z',
      member: `'${evil.member}`,
      project: 'p1',
      project_name: 'a,b',
      messages: '1',
      unpriced_messages: '0',
      tokens_input: '800',
      tokens_output: '100',
      tokens_reasoning: '0',
      tokens_cache_read: '200',
      tokens_cache_write: '0',
      cost_usd: '0.1',
      reported_usd: '0.1',
      list_usd: '0.0066',
      discarded_usd: '0',
      copied_usd: '0',
      late_usd: expect.stringMatching(/^0(\.1)?$/),
      unlisted_messages: '0',
    },
  ]);
  const accept = { headers: { accept: 'text/csv, application/json;q=0.5' } };
  const byHeader = await team.call('GET', `/v1/usage?${range}&group_by=member,project&step=day`, undefined, accept);
  expect(byHeader.body).toBe(asked);
  expect(byHeader.headers.get('vary')).toMatch(/accept/i);
  const json = await team.call('GET', `/v1/usage?${range}&format=json`, undefined, accept);
  expect(json.body.total.cost_usd).toBe('0.1');

  const { body } = await team.call('GET', '/v1/sessions?format=csv');
  expect(readTable(body)).toEqual([
    expect.objectContaining({ id: 'ses_1', title: `'@SUM(1+1)\n"quoted"`, cost_usd: '0.1', project_name: 'a,b' }),
  ]);
  await receive(team, [batch([message(1, {}, { session: 'ses_2' })], { source: source({ id: 'src_2' }) })]);
  const page = await team.call('GET', '/v1/sessions?format=csv&limit=1');
  expect(readTable(page.body)).toHaveLength(1);
  expect(page.headers.get('link')).toBe('</v1/sessions?format=csv&limit=1&offset=1>; rel="next"');
});
