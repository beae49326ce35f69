// The chore `seal`: what an endpoint holds sealed goes over to the newest of the operator's secrets, and a URL of before URLs were
// sealed is sealed. The team's object only says which; the Courier opens and seals. Each endpoint goes over in one statement and
// only if nobody has changed it meanwhile, so a crash at any point leaves what the next run goes on from.
import type { Chore } from './chore.ts';
import type { Resealable } from './courier.ts';
import type { Database } from './store/database.ts';
import { countStale, listStale, replaceSealed, type Sealed } from './store/sealed.ts';

export interface Sealing {
  readonly db: Database;
  /** The id of the newest secret. */
  readonly key: () => string;
  readonly reseal: (endpoints: readonly Resealable[]) => Promise<readonly (Sealed | null)[]>;
}

const ENDPOINTS_A_TURN = 50;

export function sealing({ db, key, reseal }: Sealing): Chore {
  // Another secret comes with another deployment, which starts this object anew: it is enough to look once.
  let isDone: boolean | null = null;
  let after = '';
  let unopened: string[] = [];
  return {
    name: 'seal',
    due() {
      isDone ??= countStale(db, key()).endpoints === 0;
      return isDone ? Number.POSITIVE_INFINITY : 0;
    },
    async run() {
      const stale = listStale(db, key(), after, ENDPOINTS_A_TURN);
      const resealed = await reseal(stale.map(({ id, url, secret, retired }) => ({ id, url, secret, retired })));
      for (const [index, was] of stale.entries()) {
        const now = resealed[index] ?? null;
        if (now === null) unopened.push(was.id);
        else replaceSealed(db, was, now);
      }
      const last = stale.at(-1);
      if (last !== undefined) {
        after = last.id;
        return;
      }
      const failed = unopened;
      [after, unopened] = ['', []];
      if (failed.length > 0) throw new Error(`no secret of the operator's opens ${failed.slice(0, 5).join(', ')}`);
      isDone = null;
    },
  };
}
