// A team that counts the rows its statements read and write, as Cloudflare bills them, and that can be filled past the door.
import { Team } from '../../../worker/team.ts';
import type { Env } from '../../../worker/env.ts';
import type { Filling, Rows } from '../order.ts';
import { fill } from './fill.ts';

export class CountingTeam extends Team {
  #cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] | null = null;
  #alarms = 0;

  constructor(ctx: DurableObjectState, env: Env) {
    const { sql } = ctx.storage;
    const exec = sql.exec.bind(sql);
    const setAlarm = ctx.storage.setAlarm.bind(ctx.storage);
    super(ctx, env);
    // A cursor's count of rows read grows while it is read, so the cursors are kept and asked at the end.
    sql.exec = (query, ...values) => {
      const cursor = exec(query, ...values);
      this.#cursors?.push(cursor);
      return cursor as never;
    };
    ctx.storage.setAlarm = (time, options) => {
      this.#alarms += 1;
      return setAlarm(time, options);
    };
  }

  startCounting(): void {
    this.#cursors = [];
    this.#alarms = 0;
  }

  /** The rows since the count was started; an alarm that is set is a row written. */
  stopCounting(): Rows {
    const cursors = this.#cursors ?? [];
    this.#cursors = null;
    return [
      cursors.reduce((sum, { rowsRead }) => sum + rowsRead, 0),
      cursors.reduce((sum, { rowsWritten }) => sum + rowsWritten, this.#alarms),
    ];
  }

  write(filling: Filling): number {
    return fill(this.ctx.storage, filling);
  }

  query(sql: string): Record<string, SqlStorageValue>[] {
    return this.ctx.storage.sql.exec(sql).toArray();
  }
}
