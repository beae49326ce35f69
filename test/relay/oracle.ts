// The ledger once more, in a few lines that share nothing with the Worker's: what a log, read whole, comes to.
import type { Reply, TestTeam } from './harness.ts';

export interface Charge {
  readonly session: string;
  readonly message: string;
  readonly nano: bigint;
  readonly at: string;
  readonly source: Reply['body'];
  /** The report that counts. */
  readonly report: Reply['body'];
}

export async function readLog(team: TestTeam): Promise<Reply['body'][]> {
  const events: Reply['body'][] = [];
  for (let after: number | null = 0; after !== null;) {
    const { body } = await team.call('GET', `/v1/events?limit=1000&after=${after}`);
    events.push(...body.events);
    after = body.next;
  }
  return events;
}

/** What is removed, or in a session that is deleted, was paid for and thrown away. */
export function isDiscarded(log: readonly Reply['body'][], { session, message, at }: Charge): boolean {
  return log.some(
    (event) =>
      event.session === session &&
      ((event.type === 'session.deleted' && event.timestamp >= at) ||
        (event.type === 'message.removed' && event.data.message === message)),
  );
}

/** Of all reports of a message one counts; a message that is once called a copy never does. */
export function chargesOf(log: readonly Reply['body'][]): Charge[] {
  const reports = reportsOf(log);
  const copies = new Set(reports.filter(({ data }) => data.copied).map(({ session, data }) => keyOf(session, data)));
  return bestOf(reports.filter(({ session, data }) => !copies.has(keyOf(session, data))));
}

/** What was reported of copies, by those that call them so. */
export function copiesOf(log: readonly Reply['body'][]): Charge[] {
  return bestOf(reportsOf(log).filter(({ data }) => data.copied));
}

function reportsOf(log: readonly Reply['body'][]): Reply['body'][] {
  return log.filter(({ type }) => type === 'message.updated');
}

/** Of each message the finished report, then the dearest, then the longest, then the last. */
function bestOf(reports: readonly Reply['body'][]): Charge[] {
  const best = new Map<string, { rank: readonly (number | bigint | string)[]; charge: Charge }>();
  for (const { session, source, data, timestamp, origin } of reports) {
    const nano = toNano(data.cost_usd);
    const tokens = Object.values(data.tokens as Record<string, number>).reduce((sum, count) => sum + count, 0);
    const rank = [data.completed_at === null ? 0 : 1, nano, tokens, timestamp, origin.seq, source.id];
    const charge = { session, message: data.message, nano, at: data.created_at, source, report: data };
    const key = keyOf(session, data);
    const held = best.get(key);
    if (held === undefined || isGreater(rank, held.rank)) best.set(key, { rank, charge });
  }
  return [...best.values()].map(({ charge }) => charge);
}

function keyOf(session: string, { message }: Reply['body']): string {
  return JSON.stringify([session, message]);
}

function isGreater(a: readonly (number | bigint | string)[], b: readonly (number | bigint | string)[]): boolean {
  const index = a.findIndex((part, at) => part !== b[at]);
  return index !== -1 && (a[index] ?? 0) > (b[index] ?? 0);
}

/** An amount that nobody knows adds nothing. */
export function toNano(usd: string | null): bigint {
  const [whole = '0', fraction = ''] = (usd ?? '0').split('.');
  return BigInt(whole) * 10n ** 9n + BigInt(fraction.padEnd(9, '0'));
}

export function sum<T>(all: readonly T[], nano: (one: T) => bigint): bigint {
  return all.reduce((total, one) => total + nano(one), 0n);
}
