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
  for (const number of [6, 7, 13]) db.exec(migration(number));
  expect(db.prepare(/* sql */ `SELECT condition FROM endpoint`).get()).toMatchObject({ condition: null });
  expect(db.prepare(/* sql */ `SELECT * FROM retry`).get()).toMatchObject({ seq: 3, tries: 2, due: 99, folded: 0 });
});
