// Every error a client can meet, as RFC 9457 problem details. The type is a name of ours; the detail says what was got and
// what to do.
import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';

const PROBLEMS = {
  'token-missing': [401, 'A bearer token is needed'],
  'token-invalid': [401, 'The bearer token is not one of this relay'],
  'token-revoked': [401, 'The bearer token has been revoked'],
  'token-scope': [403, 'The bearer token does not allow this'],
  origin: [403, 'Pages of this origin may not ask this'],
  'rate-limited': [429, 'Too many requests with this token'],
  'followers-full': [429, 'As many follow this team live as may'],
  'upgrade-needed': [426, 'This route speaks WebSocket alone'],
  'body-encoding': [415, 'The body is encoded in a way that is not understood'],
  'body-type': [415, 'The body must be JSON'],
  'body-size': [413, 'The body is too large'],
  'body-malformed': [400, 'The body is not what this route takes'],
  'events-rejected': [422, 'None of the events could be accepted'],
  'query-malformed': [400, 'A query parameter is not what this route takes'],
  'not-found': [404, 'There is nothing here'],
  'method-not-allowed': [405, 'This route does not take this method'],
  'endpoint-kind': [409, 'The endpoint is not of the kind that this is for'],
  'endpoint-disabled': [409, 'The endpoint is disabled'],
  conflict: [409, 'It exists already'],
  loop: [508, 'What a relay sends must not come to a relay'],
  'keys-held': [409, 'The endpoint holds as many keys as it may'],
  sealed: [409, 'What the endpoint holds cannot be opened'],
  archived: [409, 'These events have left the log for the archive'],
  'archive-missing': [409, 'This relay has no archive'],
  'archive-unreadable': [503, 'A part of the archive cannot be read'],
  'mail-missing': [409, 'This relay sends no mail'],
  'mail-recipients': [422, 'The message cannot go to those it is for'],
  'mailbox-full': [409, 'A mailbox has as much unread mail as it may'],
  'mail-full': [409, 'The team has as much unread mail as it may'],
  'mail-quota': [429, 'This token has sent as much mail today as it may'],
  'key-malformed': [400, 'The Idempotency-Key is none'],
  'key-reused': [422, 'The Idempotency-Key was used for something else'],
  unavailable: [503, 'The relay cannot answer at the moment'],
} as const satisfies Record<string, readonly [ContentfulStatusCode, string]>;

export type ProblemKind = keyof typeof PROBLEMS;

export interface Refusal {
  readonly problem: ProblemKind;
  readonly detail: string;
  /** After how many seconds it may be otherwise. */
  readonly retryAfterS?: number;
}

export function refuse(problem: ProblemKind, detail: string, retryAfterS?: number): Refusal {
  return retryAfterS === undefined ? { problem, detail } : { problem, detail, retryAfterS };
}

/** Answers with a problem; `more` are extension members (RFC 9457, 3.2). */
export function problem(
  c: Context,
  { problem: kind, detail, retryAfterS }: Refusal,
  more: Record<string, unknown> = {},
): Response {
  const [status, title] = PROBLEMS[kind];
  if (retryAfterS !== undefined) c.header('retry-after', retryAfterS.toString());
  if (status === 401) c.header('www-authenticate', 'Bearer');
  c.header('content-type', 'application/problem+json');
  return c.body(JSON.stringify({ type: `urn:gasline:problem:${kind}`, title, status, detail, ...more }), status);
}
