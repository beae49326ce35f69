// What a team's log and its health say of its endpoints.
import { until } from '../support/until.ts';
import type { Reply, TestTeam } from './harness.ts';
import { readLog } from './oracle.ts';

export interface News {
  readonly said: () => Promise<[type: string, data: Reply['body']][]>;
  readonly types: () => Promise<string[]>;
  /** Waits for an event of a type and answers with the data of the last. */
  readonly untilSaid: (type: string) => Promise<Reply['body']>;
  readonly health: () => Promise<Reply['body']>;
}

export function newsOf(team: TestTeam): News {
  async function said(): Promise<[type: string, data: Reply['body']][]> {
    const log = await readLog(team);
    return log.flatMap(({ type, data }) => (type.startsWith('endpoint.') ? [[type, data]] : []));
  }
  return {
    said,
    types: async () => (await said()).map(([type]) => type),
    async untilSaid(type) {
      const [, data] = await until(type, async () => (await said()).findLast(([one]) => one === type));
      return data;
    },
    health: async () => (await team.call('GET', '/v1/health')).body,
  };
}
