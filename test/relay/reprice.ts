// Has a team's charges repriced, and waits until that is done.
import { until } from '../support/until.ts';
import type { Reply, TestTeam } from './harness.ts';

export async function reprice(team: TestTeam, order: object): Promise<Reply['body']> {
  const { status, body } = await team.call('POST', '/v1/prices/reprice', order);
  if (status !== 202) throw new Error(JSON.stringify(body));
  return repriced(team, body.repricing.id);
}

export async function repriced(team: TestTeam, id: string): Promise<Reply['body']> {
  let state: Reply['body'];
  await until('a repricing that is done', async () => {
    state = (await team.call('GET', `/v1/prices/repricings/${id}`)).body.repricing;
    return state.state === 'done';
  });
  return state;
}
