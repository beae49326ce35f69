// The Worker under test: the real one, but for a team's clock, which a test may set forward.
import { openDatabase } from '../../../worker/store/open.ts';
import { rebuild } from '../../../worker/store/rebuild.ts';
import { Team as RealTeam } from '../../../worker/team.ts';

export { Courier, default, Directory } from '../../../worker/index.ts';

export class Team extends RealTeam {
  #ahead = 0;
  #looks = 0;

  protected override readonly clock = {
    now: () => {
      this.#looks += 1;
      return Date.now() + this.#ahead;
    },
    random: () => 0.5,
  };

  /** How often the team has looked at its clock: what waits does not look. */
  looks(): number {
    return this.#looks;
  }

  /** Lets time pass: what falls due meanwhile is started, as the alarm would have done. */
  async advance(ms: number): Promise<void> {
    this.#ahead += ms;
    await this.alarm();
  }

  /** Makes the folds anew from the log. The team itself still knows the old numbers: it is only read afterwards. */
  rebuild(): void {
    rebuild(openDatabase(this.ctx.storage));
  }

  /** Reads the team's tables, for what no route shows. */
  query(sql: string): Record<string, SqlStorageValue>[] {
    return this.ctx.storage.sql.exec(sql).toArray();
  }
}
