// The team's SQLite. Migrations are numbered .sql files that never change once merged.
import first from './schema/0001.sql';

export interface Database {
  readonly sql: SqlStorage;
  readonly transaction: <T>(change: () => T) => T;
  /** The number of a row that stands for a text, from memory where it is known, else from `store`. */
  readonly intern: (key: string, store: () => number) => number;
}

const MIGRATIONS: readonly string[] = [first];
const MAX_INTERNED = 2_000;

export function openDatabase(storage: DurableObjectStorage): Database {
  const interned = new Map<string, number>();
  const database: Database = {
    sql: storage.sql,
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
  };
  database.transaction(() => migrate(storage.sql));
  return database;
}

function migrate(sql: SqlStorage): void {
  sql.exec(/* sql */ `CREATE TABLE IF NOT EXISTS migration (number INTEGER PRIMARY KEY) STRICT`);
  const { done } = sql.exec<{ done: number }>(/* sql */ `SELECT count(*) AS done FROM migration`).one();
  for (const [index, text] of MIGRATIONS.entries()) {
    if (index < done) continue;
    sql.exec(text);
    sql.exec(/* sql */ `INSERT INTO migration VALUES (?)`, index + 1);
  }
}
