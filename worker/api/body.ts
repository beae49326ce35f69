// Reads a request's body: bounded before and after decompression, UTF-8, strict JSON.
import type { Context } from 'hono';
import * as v from 'valibot';

import { describe, STRICTLY } from '../event/issue.ts';
import { parseJson } from '../event/json.ts';
import { fail, ok, type Result } from '../result.ts';
import { readAtMost } from './bytes.ts';
import { gunzip } from './gunzip.ts';
import { refuse, type Refusal } from './problem.ts';

/** A row of the log holds a batch and may hold 2 MB. */
export const MAX_BODY_BYTES = 1_000_000;

export async function readJson(c: Context, maxBytes = MAX_BODY_BYTES): Promise<Result<unknown, Refusal>> {
  const type = c.req.header('content-type') ?? '';
  if (!/^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(type)) {
    return fail(
      refuse('body-type', `send content-type application/json, got ${type === '' ? 'none' : type.slice(0, 80)}`),
    );
  }
  const [, charset = 'utf-8'] = CHARSET.exec(type) ?? [];
  if (charset.toLowerCase() !== 'utf-8') {
    return fail(refuse('body-type', `JSON is UTF-8 (RFC 8259, 8.1), got charset ${charset.slice(0, 80)}`));
  }
  const bytes = await readBytes(c, maxBytes);
  if (!bytes.ok) return bytes;
  const json = parseJson(bytes.value);
  return json.ok ? json : fail(refuse('body-malformed', json.error));
}

const CHARSET = /;\s*charset\s*=\s*"?([^\s";]*)/i;

/** Reads a small JSON object of a given form. */
export async function readForm<T>(
  c: Context,
  form: v.GenericSchema<unknown, T>,
  maxBytes = 65_536,
): Promise<Result<T, Refusal>> {
  const body = await readJson(c, maxBytes);
  if (!body.ok) return body;
  const parsed = v.safeParse(form, body.value, STRICTLY);
  return parsed.success ? ok(parsed.output) : fail(refuse('body-malformed', describe(parsed.issues[0])));
}

/** The fields that a form was given, without those it left out. */
export function givenOf<T extends object>(form: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(form).filter(([, value]) => value !== undefined)) as T;
}

/** Counts what comes, before and after decompression, and not what a header promises. */
export async function readBytes({ req }: Context, maxBytes: number): Promise<Result<Uint8Array, Refusal>> {
  const encoding = req.header('content-encoding')?.trim().toLowerCase() ?? '';
  if (!ENCODINGS.has(encoding)) {
    const got = encoding.slice(0, 80);
    return fail(refuse('body-encoding', `send it plain or with content-encoding gzip, got ${got}`));
  }
  const bytes = await readPlain(req, maxBytes);
  if (bytes === 'cut') return fail(refuse('body-malformed', 'the body ended early'));
  if (bytes === 'large') return fail(tooLarge(maxBytes));
  if (!GZIP.has(encoding)) return ok(bytes);
  const plain = await gunzip(bytes, maxBytes);
  if (plain.ok) return plain;
  return fail(
    plain.error === 'large' ? tooLarge(maxBytes) : refuse('body-malformed', 'the body is not the gzip it says it is'),
  );
}

const GZIP = new Set(['gzip', 'x-gzip']);
const ENCODINGS = new Set([...GZIP, 'identity', '']);

async function readPlain(req: Context['req'], maxBytes: number): Promise<Uint8Array | 'cut' | 'large'> {
  // A body that says it is small is read at once; beside a transfer encoding its length says nothing (RFC 9112, 6.3).
  const isSmall = Number(req.header('content-length') ?? Number.NaN) <= maxBytes;
  if (!isSmall || req.header('transfer-encoding') !== undefined) return readAtMost(req.raw.body, maxBytes);
  const buffer = await req.raw.arrayBuffer().catch(() => null);
  return buffer === null ? 'cut' : new Uint8Array(buffer);
}

function tooLarge(maxBytes: number): Refusal {
  return refuse('body-size', `send at most ${maxBytes} bytes, counted without compression: split it`);
}
