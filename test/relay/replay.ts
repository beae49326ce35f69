// Has an endpoint sent events again.
import { until } from '../support/until.ts';
import type { TestEndpoint } from './endpoint.ts';
import type { Reply, TestTeam } from './harness.ts';

export async function replay(team: TestTeam, endpoint: TestEndpoint, order: object): Promise<Reply['body']> {
  const { status, body } = await team.call('POST', `${endpoint.path}/replay`, order);
  if (status !== 202) throw new Error(JSON.stringify(body));
  return body;
}

/** Until all of it was delivered. */
export async function replayed(endpoint: TestEndpoint): Promise<void> {
  await until('nothing left to send again', async () => {
    const { replaying, waiting, behind } = await endpoint.show();
    return replaying === 0 && waiting === 0 && behind === 0;
  });
}

/** A moment so far from now. */
export function time(ms: number): string {
  return new Date(Date.now() + ms).toISOString();
}
