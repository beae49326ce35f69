// Opens the team's SQLite and brings it up to date. Migrations are numbered .sql files that never change once merged.
import type { Database } from './database.ts';
import { rebuild } from './rebuild.ts';
import first from './schema/0001.sql';
import second from './schema/0002.sql';
import third from './schema/0003.sql';
import fourth from './schema/0004.sql';
import fifth from './schema/0005.sql';
import sixth from './schema/0006.sql';
import seventh from './schema/0007.sql';
import eighth from './schema/0008.sql';
import ninth from './schema/0009.sql';
import tenth from './schema/0010.sql';
import eleventh from './schema/0011.sql';
import twelfth from './schema/0012.sql';
import thirteenth from './schema/0013.sql';
import fourteenth from './schema/0014.sql';
import fifteenth from './schema/0015.sql';
import sixteenth from './schema/0016.sql';
import seventeenth from './schema/0017.sql';
import eighteenth from './schema/0018.sql';
import nineteenth from './schema/0019.sql';
import twentieth from './schema/0020.sql';

const MIGRATIONS: readonly string[] = [
  first,
  second,
  third,
  fourth,
  fifth,
  sixth,
  seventh,
  eighth,
  ninth,
  tenth,
  eleventh,
  twelfth,
  thirteenth,
  fourteenth,
  fifteenth,
  sixteenth,
  seventeenth,
  eighteenth,
  nineteenth,
  twentieth,
];
/**
 * How many there were when the folds changed last: they are made anew, once the tables stand, where fewer had been done. This
 * number never grows again: since 0004 old parts of a log go to the archive, and their figures then stand in the folds alone.
 * `rebuild` refuses such a log, the object does not open, and nothing is lost. A later change of the folds carries them over in
 * its own SQL (ALTER TABLE, INSERT … SELECT).
 */
const FOLDS_SINCE = 2;
const MAX_INTERNED = 2_000;

export function openDatabase(storage: DurableObjectStorage, maxUsd: number): Database {
  const interned = new Map<string, number>();
  const database: Database = {
    sql: storage.sql,
    maxUsd,
    transaction(change) {
      try {
        return storage.transactionSync(change);
      } catch (error) {
        // What was interned in a transaction that came to nothing is not in the table.
        interned.clear();
        throw error;
      }
    },
    intern(key, store) {
      const held = interned.get(key);
      if (held !== undefined) return held;
      if (interned.size >= MAX_INTERNED) interned.clear();
      const id = store();
      interned.set(key, id);
      return id;
    },
    forget: () => interned.clear(),
  };
  database.transaction(() => migrate(database));
  return database;
}

function migrate(db: Database): void {
  db.sql.exec(/* sql */ `CREATE TABLE IF NOT EXISTS migration (number INTEGER PRIMARY KEY) STRICT`);
  const { done } = db.sql.exec<{ done: number }>(/* sql */ `SELECT count(*) AS done FROM migration`).one();
  for (const [index, text] of MIGRATIONS.entries()) {
    if (index < done) continue;
    db.sql.exec(text);
    db.sql.exec(/* sql */ `INSERT INTO migration VALUES (?)`, index + 1);
  }
  if (done < FOLDS_SINCE) rebuild(db);
}
