// An endpoint that is pulled, as a test pulls it.
import type { Reply, TestTeam } from './harness.ts';

export async function addPull(of: TestTeam, given: object = {}) {
  const { status, body } = await of.call('POST', '/v1/endpoints', { kind: 'pull', ...given });
  if (status !== 201) throw new Error(JSON.stringify(body));
  const path = `/v1/endpoints/${body.endpoint.id}`;
  return {
    made: body,
    path,
    show: async () => (await of.call('GET', path)).body.endpoint,
    pull: (query = '') => of.call('GET', `${path}/events?${query}`),
    ack: (upto: number) => of.call('POST', `${path}/ack`, { upto }),
  };
}

export function seqs({ body }: Reply): number[] {
  return body.events.map(({ seq }: { seq: number }) => seq);
}
