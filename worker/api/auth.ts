// Who is asking. A token is checked here for form, MAC and scope, without waking the team's object; whether it was revoked
// only the team knows, and says with its answer.
import type { Context, MiddlewareHandler } from 'hono';

import { equal, grants, readToken, type Scope } from '../access/token.ts';
import { LOOP, MARK_HEADER } from '../delivery/loop.ts';
import { keyringOf } from '../env.ts';
import type { Api } from './context.ts';
import { problem, refuse } from './problem.ts';

/** The window of the rate limit in seconds; its size is the operator's to set in wrangler.toml. */
const RATE_PERIOD_S = 60;

/** Any of the scopes will do. `elsewhere` finds the token of a client that can send no such header. */
export function needs(
  scope: Scope | readonly Scope[],
  elsewhere: (c: Context<Api>) => string | null = () => null,
): MiddlewareHandler<Api> {
  const scopes = [scope].flat();
  return async function needsToken(c, next) {
    const text = elsewhere(c) ?? bearer(c.req.header('authorization'));
    if (text === null) return problem(c, refuse('token-missing', 'send the header "Authorization: Bearer gl_…"'));
    const credential = await readToken(text, keyringOf(c.env));
    if (!credential.ok) {
      const detail =
        credential.error === 'forged' ? 'its signature is not of this relay' : 'it does not have the form gl_…';
      return problem(c, refuse('token-invalid', `${detail}: copy it anew, whole`));
    }
    const { team, id } = credential.value;
    if (!scopes.some((one) => grants(credential.value, one))) {
      const detail = `this needs a token of scope ${scopes.join(' or ')}, got one of scope ${credential.value.scope}`;
      return problem(c, refuse('token-scope', detail));
    }
    const { success } = await c.env.RATE_LIMIT.limit({ key: `${team}:${id}` });
    if (!success) {
      const detail = `wait ${RATE_PERIOD_S} seconds; send more events in each request`;
      return problem(c, refuse('rate-limited', detail, RATE_PERIOD_S));
    }
    c.set('credential', credential.value);
    return next();
  };
}

/** For programs that are told a URL and nothing else. What a proxy or a client adds to their requests says nothing here. */
export function inPath(c: Context<Api>): string | null {
  return c.req.param('secret') ?? null;
}

/** A delivery of a relay's has come back. It is refused whatever it asks for: 508 says so (RFC 5842, 7.2). */
export function refusesRelays(): MiddlewareHandler<Api> {
  return async function refusesWhatRelaysSend(c, next) {
    if (c.req.header(MARK_HEADER) === undefined) return next();
    return problem(c, refuse(LOOP, `no endpoint may lead to a relay: this request has the header ${MARK_HEADER}`));
  };
}

/** Somebody has to set it: whoever asks again sooner learns nothing. */
const UNSET_RETRY_S = 60;
/** What a secret must have at least: 128 bits, however they are written. */
const MIN_SECRET_CHARACTERS = 22;

export function needsOperator(): MiddlewareHandler<Api> {
  return async function needsOperatorSecrets(c, next) {
    const { OPERATOR_SECRET, ROOT_TOKEN } = c.env;
    const [, ...previous] = keyringOf(c.env);
    const secrets: Record<string, readonly (string | undefined)[]> = {
      OPERATOR_SECRET: [OPERATOR_SECRET],
      ROOT_TOKEN: [ROOT_TOKEN],
      OPERATOR_SECRET_PREVIOUS: previous,
    };
    for (const [name, held] of Object.entries(secrets)) {
      if (held.some((secret) => secret === undefined || secret.length < MIN_SECRET_CHARACTERS)) {
        const detail = `the operator must set ${name} to at least ${MIN_SECRET_CHARACTERS} random characters`;
        return problem(c, refuse('unavailable', detail, UNSET_RETRY_S));
      }
    }
    return next();
  };
}

/** The operator, by the root token. */
export function needsRoot(): MiddlewareHandler<Api> {
  return async function needsRootToken(c, next) {
    const text = bearer(c.req.header('authorization'));
    if (text === null) return problem(c, refuse('token-missing', "send the operator's root token as a bearer token"));
    if (!equal(text, c.env.ROOT_TOKEN))
      return problem(c, refuse('token-invalid', "this needs the operator's root token"));
    return next();
  };
}

/** The scheme's name is case-insensitive (RFC 9110, 11.1). */
function bearer(header: string | undefined): string | null {
  return /^bearer +([\w.~+/-]+=*) *$/i.exec(header ?? '')?.[1] ?? null;
}
