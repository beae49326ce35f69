// Reads a request's body: bounded before and after decompression, UTF-8, strict JSON.
import type { Context } from 'hono';
import * as v from 'valibot';

import { describe, STRICTLY } from '../event/issue.ts';
import { parseJson } from '../event/json.ts';
import { fail, ok, type Result } from '../result.ts';
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
  const bytes = await readBytes(c, maxBytes);
  if (!bytes.ok) return bytes;
  const json = parseJson(bytes.value);
  return json.ok ? json : fail(refuse('body-malformed', json.error));
}

/** Reads a small JSON object of a given form. */
export async function readForm<T>(c: Context, form: v.GenericSchema<unknown, T>): Promise<Result<T, Refusal>> {
  const body = await readJson(c, 65_536);
  if (!body.ok) return body;
  const parsed = v.safeParse(form, body.value, STRICTLY);
  return parsed.success ? ok(parsed.output) : fail(refuse('body-malformed', describe(parsed.issues[0])));
}

async function readBytes({ req }: Context, maxBytes: number): Promise<Result<Uint8Array, Refusal>> {
  const encoding = req.header('content-encoding');
  // HTTP delivers no more than the length it announced (RFC 9110, 8.6), so that a body that says it is small is read at once.
  if (encoding === undefined && Number(req.header('content-length') ?? Number.NaN) <= maxBytes) {
    const buffer = await req.raw.arrayBuffer().catch(() => null);
    return buffer === null ? fail(CUT_SHORT) : ok(new Uint8Array(buffer));
  }
  const stream = decoded(req.raw.body, encoding);
  return stream.ok ? readBounded(stream.value, maxBytes) : stream;
}

type Body = ReadableStream<Uint8Array>;

const CUT_SHORT = refuse('body-malformed', 'the body ended early or is not the gzip it says it is');

function decoded(body: Body | null, encoding: string | undefined): Result<Body | null, Refusal> {
  switch (encoding?.trim().toLowerCase() ?? 'identity') {
    case '':
    case 'identity':
      return ok(body);
    case 'gzip':
    case 'x-gzip':
      return ok(body?.pipeThrough(new DecompressionStream('gzip')) ?? null);
    default:
      return fail(
        refuse('body-encoding', `send it plain or with content-encoding gzip, got ${encoding?.slice(0, 80)}`),
      );
  }
}

/** Counts what comes out, not what a header promises: a kilobyte of gzip can hold a megabyte of zeros. */
async function readBounded(body: Body | null, maxBytes: number): Promise<Result<Uint8Array, Refusal>> {
  const parts: Uint8Array[] = [];
  let size = 0;
  const reader = body?.getReader();
  for (;;) {
    const part = await reader?.read().catch(() => null);
    if (part === null) return fail(CUT_SHORT);
    if (part === undefined || part.done) break;
    size += part.value.byteLength;
    if (size > maxBytes) {
      await reader?.cancel().catch(() => undefined);
      return fail(refuse('body-size', `send at most ${maxBytes} bytes, counted without compression: split the batch`));
    }
    parts.push(part.value);
  }
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return ok(only);
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.byteLength;
  }
  return ok(bytes);
}
