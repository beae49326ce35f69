// The sender against a real server, with a clock that only moves when the test says so.

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Source } from '../../plugin/contract.ts';
import { openPost } from '../../plugin/post.ts';
import { openRejected } from '../../plugin/rejected.ts';
import { Sender } from '../../plugin/sender.ts';
import { Spool } from '../../plugin/spool.ts';
import { accept, startCollector, until } from './collector.ts';
import type { Answer, Collector } from './collector.ts';
import { fakeClock, type FakeClock } from './fake-clock.ts';

const SOURCE: Source = {
  id: 'src_1',
  plugin_version: '0.1.0',
  opencode_version: null,
  host: 'h',
  member: 'm',
  project: null,
  branch: null,
  town: null,
};

let folder: string;
let collector: Collector;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gasline-sender-'));
  collector = await startCollector();
});

afterEach(async () => {
  await collector.stop();
  rmSync(folder, { recursive: true });
});

describe('the sender', () => {
  it('sends in order, in batches of at most 150, and says how many wait', async () => {
    const { clock, add } = open();
    add(400);
    clock.advance(250);
    await until(() => collector.stored().length === 400);
    expect(collector.requests.map(({ batch }) => [batch.events.length, batch.backlog])).toEqual([
      [150, 250],
      [150, 100],
      [100, 0],
    ]);
    expect(collector.stored().map(({ seq }) => seq)).toEqual(Array.from({ length: 400 }, (_, index) => index + 1));
    expect(collector.mostAtOnce).toBe(1);
  });

  it('keeps a batch below 256 KB', async () => {
    const { clock, add } = open();
    add(150, 'x'.repeat(8000));
    clock.advance(250);
    await until(() => collector.stored().length === 150);
    for (const { text } of collector.requests) expect(text.length).toBeLessThan(256 * 1024);
  });

  it('waits longer after each failure, and forgets the failures after a success', async () => {
    collector.behaviour = () => ({ status: 500 });
    const { clock, add } = open();
    add(1);
    clock.advance(250);
    expect(await waits(clock, 4)).toEqual([1000, 2000, 4000, 8000]);
    collector.behaviour = accept;
    clock.advance(16_000);
    await until(() => collector.requests.length === 5 && clock.waiting() === null);
    collector.behaviour = () => ({ status: 500 });
    add(1);
    clock.advance(250);
    expect(await waits(clock, 1)).toEqual([1000]);
  });

  it.each<[Answer, number]>([
    [{ status: 429, headers: { 'retry-after': '120' } }, 120_000],
    [{ status: 503, headers: { 'retry-after': '5' } }, 5000],
    [{ status: 429, headers: { 'retry-after': '86400' } }, 900_000],
    [{ status: 401 }, 60_000],
    [{ status: 403 }, 60_000],
    [{ status: 404 }, 60_000],
    [{ status: 307, headers: { location: 'https://elsewhere.example.com' } }, 60_000],
    [{ status: 200, body: 'welcome' }, 60_000],
  ])('after %j waits %i ms and keeps the events', async (answer, expected) => {
    collector.behaviour = () => answer;
    const { clock, add, spool } = open();
    add(2);
    clock.advance(250);
    expect(await waits(clock, 1)).toEqual([expected]);
    expect(spool.pending).toBe(2);
    collector.behaviour = accept;
    clock.advance(expected);
    await until(() => spool.pending === 0);
  });

  it('gives up a request after ten seconds', async () => {
    collector.behaviour = () => 'hang';
    const { clock, add, spool } = open();
    add(1);
    clock.advance(250);
    await until(() => collector.requests.length === 1);
    clock.advance(10_000);
    await until(() => clock.waiting() === 1000);
    expect(spool.pending).toBe(1);
  });

  it('puts what the relay rejects aside with the reason, and sends the rest', async () => {
    collector.behaviour = (batch) => ({
      status: 202,
      body: { accepted: batch.events.length - 1, duplicates: 0, rejected: [{ index: 2, detail: 'no such thing' }] },
    });
    const { clock, add, spool, log } = open();
    add(5);
    clock.advance(250);
    await until(() => spool.pending === 0);
    expect(aside()).toMatchObject([{ detail: 'no such thing', event: { seq: 3 } }]);
    expect(log.join()).toContain('no such thing');
  });

  it('finds the events that make a batch unreadable, and sends all others', async () => {
    const poison = new Set([7, 42, 100]);
    collector.behaviour = (batch, request) =>
      batch.events.some(({ seq }) => poison.has(seq))
        ? { status: 400, body: { detail: 'events.0.data: nests deeper than 32 levels' } }
        : accept(batch, request);
    const { clock, add, spool } = open();
    add(130);
    clock.advance(250);
    await until(() => spool.pending === 0);
    expect(aside().map(({ event }) => event.seq)).toEqual([7, 42, 100]);
    expect(collector.requests.length).toBeLessThan(60);
  });

  it.each([
    [400, { detail: 'version: must be 2: the plugin and the relay are of different versions' }],
    [400, '<html>The plain HTTP request was sent to HTTPS port</html>'],
    [413, '<html>Request Entity Too Large</html>'],
    [415, {}],
    [422, {}],
  ])('throws nothing away for who answers %i %j and names no event', async (status, body) => {
    collector.behaviour = () => ({ status, body });
    const { clock, add, spool } = open();
    add(100);
    clock.advance(250);
    await until(() => clock.waiting() === 60_000);
    expect(spool.pending).toBe(100);
    expect(existsSync(join(folder, 'src_1.rejected.jsonl'))).toBe(false);
    collector.behaviour = accept;
    clock.advance(60_000);
    await until(() => spool.pending === 0);
  });

  it('sends by halves what a proxy finds too large', async () => {
    collector.behaviour = (batch, request) =>
      batch.events.length > 10 ? { status: 413, body: '<html>' } : accept(batch, request);
    const { clock, add, spool } = open();
    add(100);
    clock.advance(250);
    await until(() => spool.pending === 0);
    expect(collector.stored()).toHaveLength(100);
  });

  it('says once that the relay is wrong, and nothing of a short absence', async () => {
    collector.behaviour = () => ({ status: 401, body: { detail: 'unknown token' } });
    const { clock, add, log } = open();
    add(1);
    clock.advance(250);
    await waits(clock, 1);
    expect(log).toEqual([
      expect.stringContaining('error the relay answered 401: unknown token; check the options url and token'),
    ]);
  });
});

interface Aside {
  readonly detail: string;
  readonly event: { readonly seq: number };
}

function aside(): readonly Aside[] {
  return readFileSync(join(folder, 'src_1.rejected.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Aside);
}

function open() {
  const clock = fakeClock();
  const log: string[] = [];
  const spool = new Spool(folder, 'src_1.00000000-1-1.jsonl');
  const sender = new Sender({
    own: spool,
    inherit: () => null,
    post: openPost(`${collector.url}/`, 'token', globalThis.fetch, clock.now),
    setAside: openRejected(folder),
    hear: () => {},
    log: (level, message) => log.push(`${level} ${message}`),
    clock,
  });
  const add = (count: number, request = 'r') => {
    for (let i = 0; i < count; i += 1) {
      const data = { request, permission: 'bash' };
      spool.append(SOURCE, {
        id: `evt_${i}`,
        type: 'permission.asked',
        time: new Date(clock.now()).toISOString(),
        session: 's',
        data,
      });
    }
    sender.wake();
  };
  return { clock, spool, sender, add, log };
}

/** The sender's next waits, one after the other. */
async function waits(clock: FakeClock, count: number): Promise<readonly number[]> {
  const seen: number[] = [];
  while (seen.length < count) {
    const before = collector.requests.length;
    await until(() => clock.waiting() !== null && clock.waiting() !== 10_000);
    const wait = clock.waiting() ?? 0;
    seen.push(wait);
    if (seen.length === count) break;
    clock.advance(wait);
    await until(() => collector.requests.length > before);
  }
  return seen;
}
