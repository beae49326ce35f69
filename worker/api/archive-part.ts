// GET /v1/archive/:key hands out a part of the archive as it lies in the bucket.
import type { Context } from 'hono';

import { toBase64 } from '../access/cipher.ts';
import { keyOf, openPart } from '../archive.ts';
import { unbound } from './archive.ts';
import type { Api } from './context.ts';
import { problem, refuse } from './problem.ts';
import { ask } from './team.ts';

const PART = /^(\d{16})-\d{16}\.ndjson\.gz$/;

/** It is gzip there and stays so on the wire, where `content-encoding` says it. */
export async function getPart(c: Context<Api>): Promise<Response> {
  const key = `${c.req.param('team')}/${c.req.param('part')}`;
  const [, first] = PART.exec(c.req.param('part') ?? '') ?? [];
  const found = await ask(c, 'parts', Number(first ?? 0) - 1, 1);
  if (!found.ok) return problem(c, found.error);
  const [part] = found.value;
  if (part === undefined || part.stored === null || keyOf(c.var.credential.team, part) !== key) {
    return problem(c, refuse('not-found', `there is no part ${key.slice(0, 100)}: GET /v1/archive lists them`));
  }
  const { stored } = part;
  const etag = `"${stored.sha256}"`;
  if (isHeld(c.req.header('if-none-match'), etag)) return c.body(null, 304, { etag });
  if (c.env.ARCHIVE === undefined) return problem(c, unbound(part));
  const object = await openPart(c.env.ARCHIVE, key, stored);
  if (!object.ok) return problem(c, refuse('archive-unreadable', object.error));
  const { body, checksums } = object.value;
  const headers = {
    'content-type': 'application/x-ndjson',
    'content-encoding': 'gzip',
    // RFC 9530: of the representation as it is sent, its coding included.
    'repr-digest': `sha-256=:${toBase64(new Uint8Array(checksums.sha256 ?? new ArrayBuffer()))}:`,
    etag,
  };
  // What is packed already must not be packed again.
  return new Response(body, { headers, encodeBody: 'manual' });
}

/** RFC 9110, 13.1.2: the weak comparison. */
function isHeld(given: string | undefined, etag: string): boolean {
  const held = (given ?? '').split(',').map((one) => one.trim().replace(/^W\//, ''));
  return held.includes(etag) || held.includes('*');
}
