// A machine whose sessions a test follows by the clock: what its agents say, while time goes by for the team.
import type { EventType } from '../../plugin/contract.ts';
import { batch, event, source } from './builders.ts';
import type { TestTeam } from './harness.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

export interface Words {
  readonly session?: string;
  /** On the machine's clock, ahead of ours. */
  readonly at?: number;
  readonly data?: object;
}

export const busy = (given: Words = {}) => ['session.status', { data: { status: 'busy' }, ...given }] as const;
export const idle = (given: Words = {}) => ['session.idle', given] as const;
export const asked = (given: Words = {}) =>
  ['permission.asked', { data: { request: 'per_1', permission: 'bash' }, ...given }] as const;
export const child = (session: string, parent: string, at = 0) => {
  const data = { parent, created_at: '2026-11-20T09:00:00.000Z', title: null };
  return ['session.created', { session, data, at }] as const;
};

/** Its clock is `skew` ahead of the team's. */
export function machine(of: TestTeam, { id = 'src_1', skew = 0, member = 'ann@example.com' } = {}) {
  let seq = 0;
  let ahead = 0;
  async function go(ms: number): Promise<void> {
    ahead += ms;
    await of.advance(ms);
  }
  return {
    /** The relay is there all the while. */
    async wait(ms: number): Promise<void> {
      for (let left = ms; left > 0; left -= MINUTE) await go(Math.min(left, MINUTE));
    },
    /** The relay is away, and then there again. */
    away: go,
    async say(...words: (readonly [type: string, given: Words])[]): Promise<void> {
      const now = Date.now() + ahead + skew;
      const events = words.map(([type, { session = 'ses_1', at = 0, data = {} }]) => {
        seq += 1;
        const time = new Date(now + at).toISOString();
        return event(seq, type as EventType, data as never, { id: `${id}_${seq}`, session, time });
      });
      const from = source({
        id,
        member,
        town: { town: 'lab', role: 'polecat', rig: 'app', worker: 'toast', bead: null },
      });
      const sent = batch(events, { source: from, sent_at: new Date(now).toISOString() });
      const { status, body } = await of.call('POST', '/v1/events', sent);
      if (status !== 202) throw new Error(JSON.stringify(body));
    },
  };
}
