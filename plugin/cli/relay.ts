// One request to the relay, and in plain words what went wrong with it.

import { fields } from '../field.ts';
import type { Io, Outcome } from './command.ts';
import { done, failed, misused } from './command.ts';
import type { Connection } from './connection.ts';

export interface Request {
  readonly method?: 'GET' | 'POST';
  /** Below the relay's address, without a slash at its start. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer {
  /** As it came. */
  readonly text: string;
  readonly json: unknown;
}

/** The question itself is wrong, and its parts are what the person gave. */
const MALFORMED = 'urn:gasline:problem:query-malformed';
const PATIENCE_MS = 60_000;
const PASSING: readonly number[] = [408, 425, 429];

/** Nobody answers, or nobody who can at present: it may be otherwise in a while. */
export interface Away {
  readonly kind: 'away';
  readonly problem: string;
}

export async function ask(connection: Connection, request: Request, io: Pick<Io, 'fetch'>): Promise<Outcome<Answer>> {
  const answer = await attempt(connection, request, io);
  return answer.kind === 'away' ? failed(answer.problem) : answer;
}

/** For those who have the patience to ask again. */
export async function attempt(
  connection: Connection,
  request: Request,
  io: Pick<Io, 'fetch'>,
  stop?: AbortSignal,
): Promise<Outcome<Answer> | Away> {
  const { method = 'GET', path, query = {}, body, headers = {} } = request;
  const url = new URL(path, connection.url);
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value);
  const deadline = AbortSignal.timeout(PATIENCE_MS);
  let status: number;
  let text: string;
  try {
    const response = await io.fetch(url, {
      method,
      headers: {
        ...headers,
        authorization: `Bearer ${connection.token}`,
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      // A redirect would carry the token to whom it was not given.
      redirect: 'manual',
      signal: stop === undefined ? deadline : AbortSignal.any([deadline, stop]),
    });
    status = response.status;
    text = await response.text();
  } catch (error) {
    return away(`the relay at ${url.host} cannot be reached: ${causeOf(error)}`);
  }
  const json = parse(text);
  if (PASSING.includes(status) || status > 499) return away(refusal(connection, url, status, json));
  if (fields(json).type === MALFORMED) return misused(refusal(connection, url, status, json));
  if (status < 200 || status > 299) return { kind: 'failed', problem: refusal(connection, url, status, json), status };
  if (json === undefined) return failed(`what answered at ${url.host} is not a relay: its answer is not JSON`);
  return done({ text, json });
}

function away(problem: string): Away {
  return { kind: 'away', problem };
}

/** The relay's own words, and for a token which one it is and what it must be. */
function refusal({ from, scope }: Connection, { host }: URL, status: number, json: unknown): string {
  const { detail, title } = fields(json);
  const said = [detail, title].find(isText) ?? `HTTP status ${status} from ${host}`;
  if (status !== 401 && status !== 403) return said;
  return `the token (${from}) is refused: ${said}; it must be one of scope ${scope} or admin`;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `fetch failed` says nothing: the reason lies below it. */
export function causeOf(error: unknown, patienceMs = PATIENCE_MS): string {
  const { cause, message, name } = error as Error;
  if (name === 'TimeoutError') return `no answer within ${patienceMs / 1_000} seconds`;
  const below = fields(cause);
  // Where every address of a host refuses, the message is empty and the code alone is left.
  return [below.message, below.code].find(isText) ?? message;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
