// The Worker under test: the real one, but for a team's clock, which a test may set forward, and what may fail: its archive and
// its deliveries.
import type { Bucket } from '../../../worker/archive.ts';
import { app } from '../../../worker/app.ts';
import type { Attempt } from '../../../worker/delivery/outcome.ts';
import type { Env } from '../../../worker/env.ts';
import type { Window } from '../../../worker/store/delivery.ts';
import { openDatabase } from '../../../worker/store/open.ts';
import { rebuild } from '../../../worker/store/rebuild.ts';
import { Team as RealTeam } from '../../../worker/team.ts';
import type { Fault } from '../fault.ts';

export { Courier, Directory } from '../../../worker/index.ts';

/** A request with this header finds a relay without an archive. */
export default {
  fetch(request: Request, { ARCHIVE, ...env }: Env, context: ExecutionContext) {
    const isUnbound = ARCHIVE === undefined || request.headers.has('x-test-unbound');
    return app.fetch(request, isUnbound ? env : { ...env, ARCHIVE }, context);
  },
};

export class Team extends RealTeam {
  #ahead = 0;
  #looks = 0;
  #fault: Fault = 'none';

  protected override readonly clock = {
    now: () => {
      this.#looks += 1;
      if (typeof this.#fault === 'object' && 'crashWhen' in this.#fault) this.#crashWhen(this.#fault.crashWhen);
      return Date.now() + this.#ahead;
    },
    random: () => 0.5,
  };

  setFault(fault: Fault): void {
    this.#fault = fault;
    if (typeof fault === 'object' && 'stored' in fault)
      Object.defineProperty(this.ctx.storage.sql, 'databaseSize', { value: fault.stored, configurable: true });
  }

  #crashWhen(sql: string): void {
    if (this.query(sql).length > 0) this.ctx.abort('a test ends this object');
  }

  protected override deliver(window: Window): Promise<readonly Attempt[]> {
    if (this.#fault === 'cannot deliver') throw new Error('a fault of the relay, at https://secret.example');
    if (this.#fault === 'never delivers') return new Promise(() => {});
    return super.deliver(window);
  }

  protected override archive(): Bucket | null {
    const bucket = super.archive();
    if (bucket === null || this.#fault === 'unbound') return null;
    const put = (async (key, value, options) => {
      const fault = this.#fault;
      if (fault === 'refuses') throw new Error('the bucket is away');
      if (fault === 'crash before') this.ctx.abort('a test ends this object');
      if (fault === 'loses') return null;
      const stored =
        fault === 'damages' ? await bucket.put(key, 'something else') : await bucket.put(key, value, options);
      if (fault === 'crash after') this.ctx.abort('a test ends this object');
      return stored;
    }) as Bucket['put'];
    return { put, head: (key) => bucket.head(key), get: bucket.get.bind(bucket) };
  }

  /** How often the team has looked at its clock: what waits does not look. */
  looks(): number {
    return this.#looks;
  }

  /** Lets time pass: what falls due meanwhile is started, as the alarm would have done. */
  async advance(ms: number): Promise<void> {
    this.#ahead += ms;
    await this.alarm();
  }

  /** Makes the folds anew from the log. The team itself still knows the old numbers: it is only read afterwards. */
  rebuild(): string | null {
    try {
      rebuild(openDatabase(this.ctx.storage, 1_000));
      return null;
    } catch (error) {
      // Miniflare's own door to objects does not carry an error.
      return String(error);
    }
  }

  /** Whether a request of the relay's gets anywhere, past every guard but the runtime's own. */
  async reaches(url: string): Promise<boolean> {
    try {
      const { ok } = await fetch(url, { method: 'POST', body: '{}' });
      return ok;
    } catch {
      return false;
    }
  }

  /** Reads the team's tables, for what no route shows. */
  query(sql: string): Record<string, SqlStorageValue>[] {
    return this.ctx.storage.sql.exec(sql).toArray();
  }
}
