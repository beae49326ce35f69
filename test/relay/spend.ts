// Spend of a team under test, and what the relay has said about it.
import type { AssistantMessage, Source } from '../../plugin/contract.ts';
import { batch, message, source } from './builders.ts';
import type { Reply, TestTeam } from './harness.ts';

export const DAY = 24 * 3_600_000;
/** More than the watch waits after a change. */
export const CHECK = 6_000;

export interface Spend extends Partial<AssistantMessage> {
  readonly usd: string;
  readonly at?: number;
  readonly session?: string;
  readonly source?: Partial<Source>;
}

/** Sets the team's zone to one in which it is about noon, far from any end of a day. */
export async function atNoon(team: TestTeam): Promise<void> {
  const offset = 12 - new Date().getUTCHours();
  // These zones are named the other way round: Etc/GMT-3 is three hours ahead.
  const zone = `Etc/GMT${offset > 0 ? '-' : '+'}${Math.abs(offset)}`;
  const { status, body } = await team.call('PATCH', '/v1/team', { zone });
  if (status !== 200) throw new Error(JSON.stringify(body));
}

let seq = 0;

/** Each message comes in a batch and from a source of its own. Answers with the last receipt. */
export async function spend(team: TestTeam, ...all: readonly Spend[]): Promise<Reply['body']> {
  let receipt: Reply['body'];
  for (const { usd, at = Date.now(), session = 'ses_1', source: from, ...given } of all) {
    seq += 1;
    const time = new Date(at).toISOString();
    const paid = { message: `msg_${seq}`, cost_usd: usd, created_at: time, completed_at: time, ...given };
    const sent = batch([message(1, paid, { time, session })], { source: source({ id: `src_${seq}`, ...from }) });
    const { status, body } = await team.call('POST', '/v1/events', sent);
    if (status !== 202) throw new Error(JSON.stringify(body));
    receipt = body;
  }
  return receipt;
}

/** The relay's own events of a type, the oldest first. */
export async function said(team: TestTeam, type: string): Promise<Reply['body'][]> {
  const { body } = await team.call('GET', `/v1/events?type=${type}&limit=1000`);
  return body.events.map(({ data }: Reply['body']) => data);
}

export async function addBudget(team: TestTeam, given: object): Promise<Reply['body']> {
  const { status, body } = await team.call('POST', '/v1/budgets', { period: 'month', limit_usd: '100', ...given });
  if (status !== 201) throw new Error(JSON.stringify(body));
  return body.budget;
}
