// The archive: old parts of teams' logs as gzipped NDJSON in a bucket, an event a line just as GET /v1/events shows it.
import { gunzip } from './api/gunzip.ts';
import type { PublicEvent } from './event/event.ts';
import { fail, ok, type Result } from './result.ts';
import type { Planned, Stored } from './store/parts.ts';
import { streamOf } from './stream.ts';

export type Bucket = Pick<R2Bucket, 'put' | 'head' | 'get'>;

/** The digits of 2^53, so that names sort as their numbers do. */
const DIGITS = 16;
/** More than any part unpacks to: its events are bounded in number, and each in size. */
const MAX_UNPACKED = 100_000_000;

export function keyOf(team: string, { first, last }: Pick<Planned, 'first' | 'last'>): string {
  const [from, to] = [first, last].map((position) => position.toString().padStart(DIGITS, '0'));
  return `${team}/${from}-${to}.ndjson.gz`;
}

/** Writes lines under a key, over what a try before may have left there, and asks the bucket what it now has. */
export async function writePart(
  bucket: Bucket,
  key: string,
  lines: AsyncIterator<string>,
): Promise<Omit<Stored, 'at'>> {
  const packed = streamOf(lines).pipeThrough(new CompressionStream('gzip'));
  const bytes = await new Response(packed).arrayBuffer();
  const sha256 = hex(await crypto.subtle.digest('SHA-256', bytes));
  // With the checksum given, the bucket refuses what reaches it damaged.
  await bucket.put(key, bytes, { sha256, httpMetadata: { contentType: 'application/gzip' } });
  const stored = await bucket.head(key);
  const found = stored?.checksums.toJSON().sha256;
  if (stored === null || stored.size !== bytes.byteLength || found !== sha256) {
    const got = stored === null ? 'nothing' : `${stored.size} bytes with SHA-256 ${found ?? 'unknown'}`;
    throw new Error(`the archive has ${got} as ${key}, ${bytes.byteLength} bytes with SHA-256 ${sha256} were written`);
  }
  return { bytes: bytes.byteLength, sha256 };
}

function hex(bytes: ArrayBuffer): string {
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** A part as it lies in the bucket; what is wrong where it is not there, or not what was written. */
export async function openPart(
  bucket: Bucket,
  key: string,
  { bytes, sha256 }: Omit<Stored, 'at'>,
): Promise<Result<R2ObjectBody, string>> {
  const object = await getObject(bucket, key);
  if (!object.ok) return object;
  const { size, checksums } = object.value;
  if (size === bytes && checksums.toJSON().sha256 === sha256) return object;
  await object.value.body.cancel();
  return fail(`${key} is damaged: bring it back from a copy`);
}

async function getObject(bucket: Bucket, key: string): Promise<Result<R2ObjectBody, string>> {
  const object = await bucket.get(key).catch(() => 'failed' as const);
  if (object === 'failed') return fail(`the bucket does not give ${key}: try again`);
  return object === null ? fail(`the bucket has no ${key}: bring it back from a copy`) : ok(object);
}

/** All events of a part; what is wrong where it is not there whole. */
export async function readPart(
  bucket: Bucket,
  team: string,
  part: Pick<Planned, 'first' | 'last'>,
): Promise<Result<PublicEvent[], string>> {
  const key = keyOf(team, part);
  const object = await getObject(bucket, key);
  if (!object.ok) return object;
  const text = await gunzip(new Uint8Array(await object.value.arrayBuffer()), MAX_UNPACKED);
  if (!text.ok) return fail(`${key} is damaged: bring it back from a copy`);
  const lines = new TextDecoder().decode(text.value).trimEnd().split('\n');
  if (lines.length !== part.last - part.first + 1) return fail(`${key} is not whole: bring it back from a copy`);
  return ok(lines.map((line) => JSON.parse(line) as PublicEvent));
}
