// URLs that other programs post to: lines of the desk's table. What is heard there goes into the log as the relay's own word, with
// where it came in.
import type { Source } from '../plugin/contract.ts';
import { refuse, type Refusal } from './api/problem.ts';
import type { Credential } from './access/token.ts';
import type { Heard } from './event/heard.ts';
import type { InboundKind } from './event/inbound.ts';
import { relayIn } from './event/own.ts';
import { fail, ok, type Result } from './result.ts';
import type { Database } from './store/database.ts';
import { isNews } from './store/escalations.ts';
import { countRepeated, insertToken, listTokens, readInbound, revokeToken, type Inbound } from './store/tokens.ts';

interface Desk {
  readonly db: Database;
  readonly by: string;
  readonly now: number;
  readonly say: (type: string, data: object, source: Source) => void;
}

export const inbound = {
  hear({ db, by, now, say }: Desk, kind: InboundKind, heard: readonly Heard[]): Result<null, Refusal> {
    const at = readInbound(db, by);
    if (at === null || at.kind !== kind) {
      return fail(refuse('not-found', `this secret is of a URL of kind ${at?.kind ?? 'none'}, not ${kind}`));
    }
    const { name, town } = at;
    for (const one of heard) {
      if (one.type === 'escalation.raised' && !isNews(db, town, one.data, now)) countRepeated(db, by);
      else say(one.type, { ...one.data, inbound: { id: by, name, kind } }, relayIn(town));
    }
    return ok(null);
  },

  inbound: ({ db }: Desk) => ok(listTokens(db).filter(({ kind }) => kind !== null)),

  addInbound({ db, now }: Desk, token: Credential, of: Inbound) {
    insertToken(db, token, of, now);
    return ok(null);
  },

  removeInbound({ db, now }: Desk, id: string): Result<null, Refusal> {
    if (readInbound(db, id) !== null && revokeToken(db, id, now)) return ok(null);
    return fail(refuse('not-found', `there is no inbound URL ${id.slice(0, 80)} that is still good`));
  },
};
