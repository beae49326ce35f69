// A team that counts the rows its statements read and write, as Cloudflare bills them, and that can be filled past the door.
import type { PackedBatch } from '../../../worker/event/event.ts';
import { SharedCommit } from '../../../worker/store/commit.ts';
import { Team } from '../../../worker/team.ts';
import type { Filling, Rows } from '../order.ts';
import { fill } from './fill.ts';

type Cursor = SqlStorageCursor<Record<string, SqlStorageValue>>;

export class CountingTeam extends Team {
  readonly #commit = new SharedCommit();
  #stop: () => Rows = () => [0, 0];

  /** What is not counted runs as it does in every team: what counts takes time. */
  startCounting(): void {
    const { storage } = this.ctx;
    const { sql } = storage;
    const exec = sql.exec.bind(sql);
    const setAlarm = storage.setAlarm.bind(storage);
    // A cursor's count of rows read grows while it is read, so the cursors are kept and asked at the end.
    const cursors: Cursor[] = [];
    let alarms = 0;
    sql.exec = (query, ...values) => {
      const cursor = exec(query, ...values);
      cursors.push(cursor);
      return cursor as never;
    };
    storage.setAlarm = (time, options) => {
      alarms += 1;
      return setAlarm(time, options);
    };
    this.#stop = () => {
      // The platform's own lie beneath.
      Reflect.deleteProperty(sql, 'exec');
      Reflect.deleteProperty(storage, 'setAlarm');
      return [
        cursors.reduce((sum, { rowsRead }) => sum + rowsRead, 0),
        cursors.reduce((sum, { rowsWritten }) => sum + rowsWritten, alarms),
      ];
    };
  }

  /** The rows since the count was started; an alarm that is set is a row written. */
  stopCounting(): Rows {
    return this.#stop();
  }

  /** Appends a batch to a log that nothing follows from. */
  keep({ events }: PackedBatch): Promise<number> {
    const { sql } = this.ctx.storage;
    return this.#commit.run(() => {
      const { length } = JSON.parse(events) as readonly unknown[];
      sql.exec(`CREATE TABLE IF NOT EXISTS bench_log (id INTEGER PRIMARY KEY, events TEXT NOT NULL) STRICT`);
      sql.exec(`INSERT INTO bench_log (events) VALUES (?)`, events);
      return length;
    });
  }

  write(filling: Filling): number {
    return fill(this.ctx.storage, filling);
  }

  query(sql: string): Record<string, SqlStorageValue>[] {
    return this.ctx.storage.sql.exec(sql).toArray();
  }
}
