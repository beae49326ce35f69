// A team under test that does not keep all: its settings, and the time that it takes for them to take effect.
import { until } from '../support/until.ts';
import type { Reply, TestRelay, TestTeam } from './harness.ts';
import { readLog } from './oracle.ts';

export interface KeepingTeam extends TestTeam {
  readonly keep: (settings: object) => Promise<void>;
  readonly state: () => Promise<Reply['body']>;
  /** All that sources said, wherever it is: not what the relay itself has to say. */
  readonly said: () => Promise<Reply['body'][]>;
  /** Lets time pass and the day's sweep end. */
  readonly pass: (ms: number) => Promise<void>;
  /** Until the log begins after this position. */
  readonly archived: (upTo: number) => Promise<void>;
}

export async function keepingTeam(relay: TestRelay): Promise<KeepingTeam> {
  const team = await relay.team();
  let ahead = 0;
  async function state(): Promise<Reply['body']> {
    return (await team.call('GET', '/v1/retention')).body;
  }
  return {
    ...team,
    state,
    async said() {
      return (await readLog(team)).filter(({ source }) => source.id !== 'gasline:relay');
    },
    async keep(settings) {
      const { status, body } = await team.call('PUT', '/v1/retention', settings);
      if (status !== 200) throw new Error(JSON.stringify(body));
    },
    async pass(ms) {
      ahead += ms;
      await team.advance(ms);
      await until('a sweep that has ended', async () => {
        const [row] = await team.query('SELECT due FROM retention');
        return Number(row?.['due']) > Date.now() + ahead;
      });
    },
    async archived(upTo) {
      await until(`a log without its first ${upTo}`, async () => (await state()).log.first === upTo + 1);
    },
  };
}
