import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { expect, test } from 'vitest';

const FOLDER = join(import.meta.dirname, '..', '..', 'worker', 'store', 'schema');
const migration = (number: number) => readFileSync(join(FOLDER, `${number.toString().padStart(4, '0')}.sql`), 'utf8');

test('an endpoint of before goes on signing by v1 with its secret', () => {
  using db = new DatabaseSync(':memory:');
  for (const number of [1, 2, 3, 4, 5]) db.exec(migration(number));
  db.exec(/* sql */ `INSERT INTO endpoint (id, kind, name, url, events, ordered, secret, state, cursor, not_before, created)
                     VALUES ('ep_1', 'webhook', 'old', 'https://example.com/', '["*"]', 0, 'sealed', 'enabled', 7, 0, 1)`);
  db.exec(migration(6));
  const rows = db.prepare(/* sql */ `SELECT signing, secret, public_key, retired, cursor FROM endpoint`).all();
  expect(rows.map((row) => ({ ...row }))).toEqual([
    { signing: 'v1', secret: 'sealed', public_key: null, retired: '[]', cursor: 7 },
  ]);
});

test('an endpoint of before wants what its types name, and what waits for a retry goes on waiting', () => {
  using db = new DatabaseSync(':memory:');
  for (const number of [1, 2, 3, 4, 5]) db.exec(migration(number));
  db.exec(/* sql */ `INSERT INTO endpoint (id, kind, name, url, events, ordered, secret, state, cursor, not_before, created)
                     VALUES ('ep_1', 'webhook', 'old', 'https://example.com/', '["*"]', 0, 'sealed', 'enabled', 7, 0, 1)`);
  db.exec(/* sql */ `INSERT INTO retry (endpoint, seq, tries, due) VALUES ('ep_1', 3, 2, 99)`);
  for (const number of [6, 7, 11]) db.exec(migration(number));
  expect(db.prepare(/* sql */ `SELECT condition FROM endpoint`).get()).toMatchObject({ condition: null });
  expect(db.prepare(/* sql */ `SELECT * FROM retry`).get()).toMatchObject({ seq: 3, tries: 2, due: 99, folded: 0 });
});

test('what a ledger of before has no list price for is counted once, wherever it is summed', () => {
  using db = new DatabaseSync(':memory:');
  for (const number of [1, 2]) db.exec(migration(number));
  const hour = 3_600_000;
  const count = (cost: number) => `${cost}, 0, 0, 0, 0, 0, 0, 0, 0`;
  db.exec(/* sql */ `
    INSERT INTO dimension (id, key, basis, state)
    VALUES (1, 'a', 'unpriced', 'kept'), (2, 'b', 'reported', 'discarded'), (3, 'c', 'reported', 'copied');
    INSERT INTO entry (session, message, dimension, at, finished, live, input, output, reasoning, cache_read, cache_write,
                       cost, reported, list, stamp)
    VALUES ('s1', 'a', 1, 1, 1, 1, 5, 0, 0, 0, 0, 0, 0, NULL, ''),
           ('s1', 'b', 1, ${hour / 2}, 1, 1, 0, 0, 0, 0, 7, 0, 0, NULL, ''),
           ('s1', 'tokenless', 1, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, NULL, ''),
           ('s2', 'c', 2, ${hour - 1}, 1, 1, 0, 1, 0, 0, 0, 9, 9, NULL, ''),
           ('s2', 'listed', 2, 3, 1, 1, 1, 1, 0, 0, 0, 9, 9, 9, ''),
           ('s2', 'copy', 3, 3, 1, 1, 1, 1, 0, 0, 0, 0, 9, NULL, '');
    INSERT INTO rollup VALUES (0, 1, 2, ${count(0)}, 0, 1), (${hour / 2}, 1, 1, ${count(0)}, 0, 1),
                              (0, 2, 1, ${count(0)}, 9, 0), (${hour * 0.75}, 2, 1, ${count(0)}, 9, 0);
    INSERT INTO rollup_hour VALUES (0, 1, 3, ${count(0)}, 0, 2), (0, 2, 2, ${count(0)}, 18, 0);
    INSERT INTO session VALUES ('s1', 1, '', 'ann', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 3, ${count(0)}, 0, 2),
                               ('s2', 1, '', 'ann', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 2, ${count(0)}, 18, 0);`);
  db.exec(migration(13));
  const unlisted = (table: string, keys: string) =>
    db
      .prepare(`SELECT ${keys}, unlisted FROM ${table} ORDER BY ${keys}`)
      .all()
      .map((row) => Object.values(row));
  expect(unlisted('rollup', 'dimension, bucket')).toEqual([
    [1, 0, 1],
    [1, hour / 2, 1],
    [2, 0, 0],
    [2, hour * 0.75, 1],
  ]);
  expect(unlisted('rollup_hour', 'dimension')).toEqual([
    [1, 2],
    [2, 1],
  ]);
  expect(unlisted('session', 'id')).toEqual([
    ['s1', 2],
    ['s2', 1],
  ]);
});

test('tokens, tasks and sessions of before go on, and those with work open are watched', () => {
  using db = new DatabaseSync(':memory:');
  for (const number of [1, 2, 3, 4, 5, 10, 13]) db.exec(migration(number));
  const status = (id: string, value: string | null) =>
    db
      .prepare(/* sql */ `INSERT INTO session (id, first_at, labels_stamp, member, status, messages, input, output, reasoning,
                                               cache_read, cache_write, cost, reported, list, unpriced, discarded, copied, unlisted)
                          VALUES (?, 1, '', 'ann', ?, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)`)
      .run(id, value);
  for (const value of ['idle', 'busy', 'retry', 'error', 'waiting', 'deleted', null]) status(`s-${value}`, value);
  db.exec(/* sql */ `
    INSERT INTO token (id, scope, name, hash, created, revoked, made_by)
    VALUES ('a', 'admin', 'first', 'h', 1, NULL, 'k'), ('b', 'read', 'old', 'i', 2, 3, NULL);
    INSERT INTO task VALUES ('daily', 7, 'why');
    INSERT INTO team (id, name, zone, created) VALUES ('acme', 'Acme', 'UTC', 1);`);
  db.exec(migration(17));
  const all = (sql: string) =>
    db
      .prepare(sql)
      .all()
      .map((row) => Object.values(row));
  expect(all('SELECT id, scope, kind, name, hash, created, revoked, made_by FROM token ORDER BY id')).toEqual([
    ['a', 'admin', null, 'first', 'h', 1, null, 'k'],
    ['b', 'read', null, 'old', 'i', 2, 3, null],
  ]);
  expect(all('SELECT * FROM task')).toEqual([['daily', 7, 'why']]);
  expect(all('SELECT id, told FROM open_session ORDER BY id')).toEqual([
    ['s-busy', null],
    ['s-retry', null],
    ['s-waiting', null],
  ]);
  expect(all('SELECT stalled_after_min FROM team')).toEqual([[15]]);
  expect(() => db.exec(/* sql */ `UPDATE token SET scope = 'inbound'`)).toThrow('CHECK');
});

test('late spend of before is summed by the hour to the nano-dollar, and its sessions are kept', () => {
  using db = new DatabaseSync(':memory:');
  for (const number of [1, 2, 16]) db.exec(migration(number));
  const [hour, quarter] = [3_600_000, 900_000];
  db.exec(/* sql */ `
    INSERT INTO late
    VALUES (${hour}, 'a', 1, ${9 * hour}, 9007199254740993), (${hour}, 'b', 1, ${9 * hour}, 1),
           (${hour + quarter}, 'a', 1, ${9 * hour}, 2), (${hour + 3 * quarter}, '', 1, ${9 * hour + quarter}, 5),
           (${2 * hour}, 'a', 1, ${9 * hour}, 7), (${hour}, 'a', 2, ${9 * hour}, -3)`);
  const all = (table: string) =>
    db.prepare(`SELECT bucket, session, dimension, received, CAST(cost AS TEXT) AS cost FROM ${table}`).all();
  const held = all('late');
  db.exec(migration(18));
  expect([held.length, all('late_session')]).toEqual([6, held]);
  const rows = db
    .prepare(/* sql */ `SELECT bucket, dimension, received, CAST(cost AS TEXT) AS cost FROM late_hour`)
    .all();
  expect(rows.map((row) => Object.values(row))).toEqual([
    [hour, 1, 9 * hour, '9007199254740996'],
    [hour, 1, 9 * hour + quarter, '5'],
    [hour, 2, 9 * hour, '-3'],
    [2 * hour, 1, 9 * hour, '7'],
  ]);
});

test('when an endpoint of before was delivered to last is read from its attempts', () => {
  using db = new DatabaseSync(':memory:');
  for (let number = 1; number <= 17; number += 1) db.exec(migration(number));
  for (const id of ['ep_1', 'ep_2']) {
    db.exec(/* sql */ `INSERT INTO endpoint (id, kind, name, url, events, ordered, secret, state, cursor, not_before, created)
                       VALUES ('${id}', 'webhook', 'old', 'https://example.com/', '["*"]', 0, 'sealed', 'enabled', 7, 0, 1)`);
  }
  db.exec(/* sql */ `INSERT INTO attempt (endpoint, seq, number, at, duration_ms, outcome, status)
                     VALUES ('ep_1', 1, 1, 50, 0, 'delivered', 204), ('ep_1', 1, 2, 70, 0, 'delivered', 204),
                            ('ep_1', 3, 1, 60, 0, 'delivered', 204), ('ep_1', 4, 1, 90, 0, 'retry', 500),
                            ('ep_2', 1, 1, 80, 0, 'exhausted', 500)`);
  db.exec(migration(19));
  const rows = db.prepare(/* sql */ `SELECT id, last_delivered FROM endpoint ORDER BY id`).all();
  expect(rows.map((row) => ({ ...row }))).toEqual([
    { id: 'ep_1', last_delivered: 70 },
    { id: 'ep_2', last_delivered: null },
  ]);
});
