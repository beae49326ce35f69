// An endpoint of a team under test, and how far it has come.
import { until } from '../support/until.ts';
import { batch, idle, source } from './builders.ts';
import type { Reply, TestTeam } from './harness.ts';

export interface TestEndpoint {
  readonly id: string;
  readonly secret: string;
  readonly path: string;
  readonly show: () => Promise<Reply['body']>;
  /** The oldest first. */
  readonly attempts: (query?: string) => Promise<Reply['body'][]>;
  /** Until this many attempts have been recorded. */
  readonly attempted: (count: number) => Promise<void>;
  /** Until the cursor has passed all of the log and nothing waits for a retry. */
  readonly settled: () => Promise<void>;
}

export async function addEndpoint(team: TestTeam, url: string, given: object = {}): Promise<TestEndpoint> {
  const { status, body } = await team.call('POST', '/v1/endpoints', { kind: 'webhook', url, ...given });
  if (status !== 201) throw new Error(JSON.stringify(body));
  const { id } = body.endpoint;
  const path = `/v1/endpoints/${id}`;
  const show = async () => (await team.call('GET', path)).body.endpoint;
  const attempts = async (query = 'limit=1000') =>
    (await team.call('GET', `${path}/attempts?${query}`)).body.attempts.toReversed();
  return {
    id,
    secret: body.secret,
    path,
    show,
    attempts,
    async attempted(count) {
      await until(`${count} attempts`, async () => (await attempts()).length >= count);
    },
    async settled() {
      await until('an endpoint that has nothing to do', async () => {
        const { behind, waiting } = await show();
        return behind === 0 && waiting === 0;
      });
    },
  };
}

/** Sends `count` events of a source of their own. */
export async function post(team: TestTeam, count: number, types: readonly string[] = ['session.idle']): Promise<void> {
  sources += 1;
  const events = Array.from({ length: count }, (_, at) => ({ ...idle(at + 1), type: types[at % types.length] }));
  const sent = { ...batch([], { source: source({ id: `src_${sources}` }) }), events };
  const { status, body } = await team.call('POST', '/v1/events', sent);
  if (status !== 202) throw new Error(JSON.stringify(body));
}

let sources = 0;
