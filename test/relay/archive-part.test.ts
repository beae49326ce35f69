// Parts of the archive as the API hands them out: byte for byte what the list names.
import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { beforeAll, expect, test } from 'vitest';

import { post } from './endpoint.ts';
import { call, type Reply, type TestTeam } from './harness.ts';
import { keepingTeam } from './keeping.ts';
import { useOnce, useRelay } from './setup.ts';

const DAY = 24 * 3_600_000;

const relay = useRelay();
const team = useOnce(() => keepingTeam(relay));
let events: Reply['body'][];
let parts: Reply['body'][];
beforeAll(async () => {
  for (let round = 0; round < 7; round += 1) await post(team, 1_000);
  await team.pass(2 * DAY);
  await post(team, 1);
  events = await team.said();
  await team.keep({ log_days: 1 });
  await team.archived(7_000);
  parts = (await team.call('GET', '/v1/archive')).body.parts;
});

interface Raw {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
}

/** As it comes over the wire: `fetch` would unpack it. */
function raw(asking: TestTeam, key: string, headers: Record<string, string> = {}): Promise<Raw> {
  const url = new URL(`/v1/archive/${key}`, relay.relay.url);
  return new Promise((resolve, reject) => {
    const given = { authorization: `Bearer ${asking.token}`, ...headers };
    const sent = request(url, { headers: given }, (answer) => {
      buffer(answer).then(
        (body) => resolve({ status: answer.statusCode, headers: answer.headers, body }),
        (error: unknown) => reject(error),
      );
    });
    sent.on('error', reject).end();
  });
}

test.each(['gzip', 'br, gzip', 'identity', undefined])(
  'the parts are the archived events, packed as the list says, whatever encoding is asked for (%s)',
  async (encoding) => {
    const lines: string[] = [];
    for (const { key, bytes, sha256 } of parts) {
      const asked = encoding === undefined ? {} : { 'accept-encoding': encoding };
      const { status, headers, body } = await raw(team, key, asked);
      const digest = createHash('sha256').update(body);
      expect([status, body.length, digest.copy().digest('hex')]).toEqual([200, bytes, sha256]);
      expect(headers).toMatchObject({
        'content-type': 'application/x-ndjson',
        'content-encoding': 'gzip',
        'repr-digest': `sha-256=:${digest.digest('base64')}:`,
        etag: `"${sha256}"`,
      });
      lines.push(...gunzipSync(body).toString().trimEnd().split('\n'));
    }
    expect(parts).toHaveLength(2);
    expect(lines).toEqual(events.slice(0, 7_000).map((event) => JSON.stringify(event)));
  },
);

test('a client that unpacks reads NDJSON', async () => {
  const { body } = await team.call('GET', `/v1/archive/${parts[1].key}`);
  expect(JSON.parse(body.split('\n')[0])).toEqual(events[5_000]);
});

test.each(['"{}"', 'W/"{}"', '"other", "{}"', '*'])('whoever holds it by %s is not sent it again', async (held) => {
  const [{ key, sha256 }] = parts;
  const { status, headers, body } = await raw(team, key, { 'if-none-match': held.replace('{}', sha256) });
  expect([status, headers['etag'], body.length]).toEqual([304, `"${sha256}"`, 0]);
  expect((await raw(team, key, { 'if-none-match': '"other"' })).status).toBe(200);
});

test('there is no part by another name, of another team or of a stranger', async () => {
  const [{ key }] = parts;
  const other = await relay.team();
  const theirs = key.replace(team.id, other.id);
  for (const [asking, name] of [
    [team, key.replace('-', '-1')],
    [team, key.replace('0001-', '0002-')],
    [team, key.replace('.gz', '')],
    [team, theirs],
    [team, `${team.id}/..%2f${key.replace('/', '%2f')}`],
    [other, key],
    [other, theirs],
  ] as const) {
    const { status, body } = await raw(asking, name);
    expect([name, status, JSON.parse(body.toString()).type]).toEqual([name, 404, 'urn:gasline:problem:not-found']);
  }
  const ingest = await team.call('POST', '/v1/tokens', { scope: 'ingest', name: 'ingest' });
  expect((await call(relay.relay.url, ingest.body.token, 'GET', `/v1/archive/${key}`)).status).toBe(403);
  const wrong = await team.call('DELETE', `/v1/archive/${key}`);
  expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
});

test('a part that is missing, damaged or out of reach is said to be', async () => {
  const [, { key, first }] = parts;
  const unread = async (init?: RequestInit) => {
    const { status, body } = await team.call('GET', `/v1/archive/${key}`, undefined, init);
    return [status, body.type, body.detail];
  };
  const type = 'urn:gasline:problem:archive-unreadable';
  const unbound = await unread({ headers: { 'x-test-unbound': 'yes' } });
  expect(unbound).toEqual([503, type, 'events up to 7000 are in a bucket that is not bound']);
  const bucket = await relay.relay.runtime.getR2Bucket('ARCHIVE');
  const good = Buffer.from((await (await bucket.get(key))?.arrayBuffer()) ?? new ArrayBuffer());
  await bucket.put(
    key,
    Uint8Array.from(good, (byte, at) => (at === 99 ? byte ^ 1 : byte)),
  );
  expect(await unread()).toEqual([503, type, `${key} is damaged: bring it back from a copy`]);
  await bucket.delete(key);
  expect(await unread()).toEqual([503, type, `the bucket has no ${key}: bring it back from a copy`]);
  expect(first).toBe(5_001);
});
