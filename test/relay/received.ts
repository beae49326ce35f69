// A team that received a history, and what it says when asked.
import type { Batch } from '../../plugin/contract.ts';
import type { Reply, TestTeam } from './harness.ts';

export type Row = Reply['body'];

export async function get(team: TestTeam, path: string): Promise<Row> {
  const { status, body } = await team.call('GET', path);
  if (status !== 200) throw new Error(JSON.stringify(body));
  return body;
}

/** `crashes` are batches before which the team's object ends without notice. */
export async function receive(
  team: TestTeam,
  batches: readonly Batch[],
  crashes: readonly number[] = [],
): Promise<TestTeam> {
  for (const [index, batch] of batches.entries()) {
    if (crashes.includes(index)) await team.crash();
    const { status, body } = await team.call('POST', '/v1/events', batch);
    if (status !== 202) throw new Error(JSON.stringify(body));
  }
  return team;
}

const RANGE = 'from=2026-10-20&to=2026-11-30';

/** Of all that a history holds. */
export function usage(team: TestTeam, view: string): Promise<Row> {
  return get(team, `/v1/usage?${RANGE}&${view}`);
}

export async function sessionsOf(team: TestTeam): Promise<Row[]> {
  const { sessions } = await get(team, '/v1/sessions?limit=1000');
  return Promise.all(sessions.map(({ id }: Row) => get(team, `/v1/sessions/${id}`)));
}
