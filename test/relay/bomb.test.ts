import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { gzipSync } from 'node:zlib';

import { expect, test } from 'vitest';

import { batch, idle } from './builders.ts';
import { runtimeOf } from './process.ts';
import { useRelay } from './setup.ts';

const relay = useRelay();

const MEGABYTE = 1_000_000;

/** The most memory that the runtime has held so far, in megabytes; Linux alone tells. */
function peakMegabytes(): number {
  const status = readFileSync(`/proc/${runtimeOf(relay.dataDir)}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1_000;
}

test('a gzip bomb is refused before it is inflated', async () => {
  const team = await relay.team();
  await team.call('POST', '/v1/events', batch([idle(1)]));
  const before = peakMegabytes();
  const bomb = gzipSync(Buffer.alloc(400 * MEGABYTE));
  const reply = await team.call('POST', '/v1/events', bomb, { headers: { 'content-encoding': 'gzip' } });
  expect(reply.status).toBe(413);
  expect(peakMegabytes() - before).toBeLessThan(100);
});

test('a gzipped batch of many slices is read whole', async () => {
  const team = await relay.team();
  const events = Array.from({ length: 900 }, (_, index) =>
    idle(index + 1, { id: crypto.randomUUID() + crypto.randomUUID() }),
  );
  const packed = gzipSync(JSON.stringify(batch(events)));
  expect(packed.length).toBeGreaterThan(40_000);
  const reply = await team.call('POST', '/v1/events', packed, { headers: { 'content-encoding': 'gzip' } });
  expect(reply.body).toEqual({ accepted: 900, duplicates: 0, rejected: [] });
});

test('a length that belies the chunks behind it does not open the door', async () => {
  const team = await relay.team();
  const before = peakMegabytes();
  const status = await new Promise<number>((resolve, reject) => {
    const sent = request(new URL('/v1/events', relay.relay.url), {
      method: 'POST',
      headers: {
        authorization: `Bearer ${team.token}`,
        'content-type': 'application/json',
        'transfer-encoding': 'chunked',
      },
    });
    sent.setHeader('content-length', '10');
    sent.on('response', (response) => resolve(response.resume().statusCode ?? 0));
    sent.on('error', reject);
    for (let part = 0; part < 60; part += 1) sent.write(Buffer.alloc(MEGABYTE, 32));
    sent.end();
  }).catch(() => 413); // The relay may close while we still write, which is a refusal too.
  expect([400, 413]).toContain(status);
  expect(peakMegabytes() - before).toBeLessThan(40);
});
