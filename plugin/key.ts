// Which folder the events for a relay wait in: one for each relay and team, so that a changed token never sends one team's
// events to another.

import { createHash } from 'node:crypto';

export function spoolKey(url: string, token: string): string {
  return createHash('sha256')
    .update(`${url}\n${teamOf(token)}`)
    .digest('hex')
    .slice(0, 16);
}

/** Tokens read `gl_<scope>_<team>_<id>_<secret>_<mac>`. A new token of the same team finds the old one's events. */
function teamOf(token: string): string {
  const [prefix, , team, ...rest] = token.split('_');
  return prefix === 'gl' && team && rest.length >= 3 ? team : token;
}
