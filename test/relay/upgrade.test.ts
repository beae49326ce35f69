import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { until } from '../support/until.ts';
import { batch, event, message, source } from './builders.ts';
import type { TestTeam } from './harness.ts';
import { useRelay } from './setup.ts';

const relay = useRelay();

const FIRST = readFileSync(join(import.meta.dirname, '..', '..', 'worker', 'store', 'schema', '0001.sql'), 'utf8');
/** What the first schema had as it is now: the log and what no fold can be made from. */
const KEPT = ['log', 'origin', 'source', 'gap', 'token'];

async function figures(team: TestTeam) {
  const views = ['', '&group_by=member,model', '&step=day', '&group_by=state'];
  const usage = await Promise.all(
    views.map((view) => team.call('GET', `/v1/usage?from=2026-11-18&to=2026-11-22${view}`)),
  );
  const sessions = await team.call('GET', '/v1/sessions?limit=1000');
  return [...usage.map(({ body }) => body), sessions.body];
}

/** Takes a team's tables back to the first schema, with the same log, as an old data folder has it. */
async function ageTables(team: TestTeam): Promise<void> {
  for (const table of KEPT) await team.query(`ALTER TABLE ${table} RENAME TO kept_${table}`);
  const others = await team.query(
    `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB 'kept_*' AND name NOT GLOB '_cf_*' AND name NOT GLOB 'sqlite_*'`,
  );
  const [{ id, name, zone, created } = {}] = await team.query('SELECT * FROM team');
  for (const { name: table } of others) await team.query(`DROP TABLE "${table}"`);
  await team.query(FIRST);
  for (const table of KEPT) {
    const columns = (await team.query(`PRAGMA table_info(${table})`)).map(({ name }) => name).join(', ');
    await team.query(`INSERT INTO ${table} SELECT ${columns} FROM kept_${table}`);
    await team.query(`DROP TABLE kept_${table}`);
  }
  await team.query(`INSERT INTO team VALUES ('${id}', '${name}', '${zone}', ${created})`);
  await team.query('CREATE TABLE migration (number INTEGER PRIMARY KEY) STRICT; INSERT INTO migration VALUES (1)');
}

test('a data folder of the first schema opens with the right figures, its tokens good, and goes on', async () => {
  const team = await relay.team();
  const spent = [
    message(1, { cost_usd: '1' }),
    message(2, { cost_usd: '0.5', model: 'another' }, { session: 'ses_2' }),
    message(3, { cost_usd: '0.25', copied: true }, { session: 'ses_2' }),
    event(4, 'message.removed', { message: 'msg_1' }),
  ];
  await team.call('POST', '/v1/events', batch(spent));
  await team.call(
    'POST',
    '/v1/events',
    batch([message(1, { cost_usd: '2' }, { session: 'ses_3' })], { source: source({ id: 'src_2' }) }),
  );
  const before = await figures(team);
  await ageTables(team);
  await team.crash();
  await until('the next start', async () => (await team.query('SELECT 1 FROM repricing').catch(() => null)) !== null);
  expect(await figures(team)).toEqual(before);
  const more = batch([message(9, { cost_usd: '4' })], { source: source({ id: 'src_3' }) });
  expect((await team.call('POST', '/v1/events', more)).body.accepted).toBe(1);
});
