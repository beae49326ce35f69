// The zone that a request's dates are of: the one it names, else the team's.
import type { Context } from 'hono';

import { isZone } from '../ledger/period.ts';
import { fail, ok, type Result } from '../result.ts';
import type { Api } from './context.ts';
import { refuse, type Refusal } from './problem.ts';
import { teamOf } from './team.ts';

export async function zoneOf(c: Context<Api>, named: string | null): Promise<Result<string, Refusal>> {
  if (named === null) {
    const team = await teamOf(c).describe(c.var.credential);
    return team.ok ? ok(team.value.zone) : team;
  }
  if (isZone(named)) return ok(named);
  return fail(refuse('query-malformed', `zone: must be an IANA time zone such as Europe/Berlin, got ${named}`));
}
