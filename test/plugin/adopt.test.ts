import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { adopt, orphans } from '../../plugin/adopt.ts';
import { eventLine, sourceLine } from '../../plugin/line.ts';
import { Spool } from '../../plugin/spool.ts';
import { tidy } from '../../plugin/tidy.ts';
import { cost, DAY, drain, event, fact, HERE, name, NOW, SOURCE, source, take } from './queue.ts';

const DEAD = { ...HERE, pid: 999_999_999 };
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gasline-spool-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('adopt', () => {
  it('goes on where the dead process stopped', () => {
    const file = name('src_1', DEAD);
    const spool = new Spool(folder, file);
    for (let i = 0; i < 5; i += 1) spool.append(SOURCE, fact());
    take(spool, 2);
    const inherited = adopt(folder, HERE, new Set(), Date.now());
    expect(inherited?.pending).toBe(3);
    expect(drain(inherited).map(({ seq }) => seq)).toEqual([3, 4, 5]);
  });

  it('never puts one file of a source over another', () => {
    writeFileSync(join(folder, name('src_1', DEAD)), sourceLine(SOURCE) + eventLine(event(1)));
    writeFileSync(join(folder, name('src_1')), sourceLine(SOURCE) + eventLine(event(2)));
    utimesSync(join(folder, name('src_1', DEAD)), NOW / 1000, NOW / 1000);
    const sent: number[] = [];
    for (
      let inherited = adopt(folder, HERE, new Set(), NOW);
      inherited;
      inherited = adopt(folder, HERE, new Set(), NOW)
    ) {
      sent.push(...drain(inherited).map(({ seq }) => seq));
      inherited.close();
    }
    expect(new Set(sent)).toEqual(new Set([1, 2]));
  });

  it('leaves a spool that another process took, and what it holds, to that one', () => {
    writeFileSync(join(folder, name('src_1', DEAD)), sourceLine(SOURCE) + eventLine(event(1)));
    const inherited = adopt(folder, HERE, new Set(), Date.now());
    const window = inherited?.next(10);
    const theirs = join(folder, name('src_1', { ...HERE, machine: '0badcafe' }));
    renameSync(join(folder, name('src_1')), theirs);
    inherited?.touch(NOW);
    expect([window?.finish(), inherited?.pending]).toEqual([false, 0]);
    inherited?.close();
    expect(readFileSync(theirs, 'utf8')).toBe(sourceLine(SOURCE) + eventLine(event(1)));
  });

  it('steps over torn lines wherever they are', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2000 }), (cut) => {
        const lines = [1, 2, 3, 4].map((seq) => eventLine(event(seq)));
        const text = sourceLine(SOURCE) + lines.join('');
        const torn = `${text.slice(0, cut)}\n${sourceLine(SOURCE)}${eventLine(event(9))}`;
        writeFileSync(join(folder, name('src_1', DEAD)), torn);
        const seqs = drain(adopt(folder, HERE, new Set(), Date.now())).map(({ seq }) => seq);
        expect(seqs.at(-1)).toBe(9);
        expect(seqs.slice(0, -1)).toEqual([1, 2, 3, 4].slice(0, seqs.length - 1));
        for (const left of readdirSync(folder)) rmSync(join(folder, left));
      }),
    );
  });

  it('skips the number of a torn event, so that no other event is taken for it', () => {
    const text = sourceLine(SOURCE) + eventLine(event(1, NOW - 8 * DAY)) + eventLine(event(2)) + '{"seq":3,"id":"evt';
    writeFileSync(join(folder, name('src_1', DEAD)), text);
    const events = drain(adopt(folder, HERE, new Set(), NOW));
    expect(events.map(({ seq, type }) => [seq, type])).toEqual([
      [2, 'session.compacted'],
      [4, 'spool.dropped'],
    ]);
  });

  it('removes empty and worthless files', () => {
    writeFileSync(join(folder, name('src_1', DEAD)), '');
    writeFileSync(join(folder, name('src_2', DEAD)), 'garbage');
    expect(adopt(folder, HERE, new Set(), Date.now())).toBeNull();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('waits half an hour for the owner on another machine that shares the folder', () => {
    const file = join(folder, name('src_1', { ...HERE, machine: '0badcafe' }));
    writeFileSync(file, sourceLine(SOURCE) + eventLine(event(1)));
    expect(orphans(folder, HERE, new Set(), Date.now())).toHaveLength(0);
    expect(orphans(folder, HERE, new Set(), Date.now() + 31 * 60_000)).toHaveLength(1);
  });

  it('takes a spool of before the last boot, whatever has its process id now', () => {
    const file = join(folder, name('src_1', { ...HERE, pid: 1, start: '0' }));
    writeFileSync(file, sourceLine(SOURCE) + eventLine(event(1)));
    expect(orphans(folder, HERE, new Set(), Date.now())).toHaveLength(0);
    utimesSync(file, 1, 1);
    expect(orphans(folder, HERE, new Set(), Date.now())).toHaveLength(1);
  });

  it('takes a spool whose owner was silent for half an hour where the system tells no start of a process', () => {
    const file = join(folder, name('src_1', { ...HERE, start: '0' }));
    writeFileSync(file, sourceLine(SOURCE) + eventLine(event(1)));
    expect(orphans(folder, HERE, new Set(), Date.now())).toHaveLength(0);
    expect(orphans(folder, HERE, new Set(), Date.now() + 31 * 60_000)).toHaveLength(1);
  });
});

describe('tidy', () => {
  it('makes the spools of dead processes smaller when they are too large together', () => {
    const key = 'ours';
    mkdirSync(join(folder, key));
    const line = eventLine({ ...event(1), data: { text: 'x'.repeat(10_000) } as never });
    for (let i = 0; i < 20; i += 1) {
      const text = sourceLine(source({ id: `src_${i}` })) + line.repeat(280) + eventLine({ ...cost(), seq: 1000 });
      writeFileSync(join(folder, key, name(`src_${i}`, DEAD)), text);
      utimesSync(join(folder, key, name(`src_${i}`, DEAD)), Date.now() / 1000 - 1000 + i, Date.now() / 1000 - 1000 + i);
    }
    tidy(folder, key, HERE, new Set(), NOW);
    const sizes = readdirSync(join(folder, key)).map((file) => statSync(join(folder, key, file)).size);
    expect(sizes).toHaveLength(20);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(50 * 1024 * 1024);
    const oldest = drain(adopt(join(folder, key), HERE, new Set(), NOW));
    expect(oldest.map(({ type }) => type)).toEqual(['message.updated', 'spool.dropped']);
    expect(oldest.at(-1)).toMatchObject({ data: { reason: 'files', events: 280 } });
  });

  it('merges the files of a long absence, each event still under its own source and nothing lost', () => {
    const ours = join(folder, 'ours');
    mkdirSync(ours);
    for (let i = 0; i < 250; i += 1) {
      const id = `src_${String(i).padStart(3, '0')}`;
      writeFileSync(join(ours, name(id, DEAD)), sourceLine(source({ id })) + eventLine(event(1)));
      utimesSync(join(ours, name(id, DEAD)), NOW / 1000 - i, NOW / 1000 - i);
    }
    tidy(folder, 'ours', HERE, new Set(), NOW);
    expect(readdirSync(ours)).toHaveLength(200);
    expect(orphans(ours, HERE, new Set(), NOW)).toHaveLength(200);
    const busy = new Set<string>();
    const sources: string[] = [];
    for (let inherited = adopt(ours, HERE, busy, NOW); inherited; inherited = adopt(ours, HERE, busy, NOW)) {
      for (let window = inherited.next(10); window; window = inherited.next(10)) {
        for (const one of window.events) sources.push(`${window.source.id} ${one.seq} ${one.type}`);
        window.finish();
      }
      inherited.close();
    }
    expect(new Set(sources).size).toBe(250);
    expect(sources).toHaveLength(250);
    expect(readdirSync(ours)).toEqual([]);
  });

  it('gives up rejected events, then what waits for other relays, before any of ours', () => {
    for (const key of ['ours', 'theirs']) {
      mkdirSync(join(folder, key));
      for (let i = 0; i < 3; i += 1) {
        const file = join(folder, key, name(`src_${key}${i}`, DEAD));
        writeFileSync(file, sourceLine(SOURCE) + eventLine(event(1)));
        truncateSync(file, 10 * 1024 * 1024 - 10);
        utimesSync(file, NOW / 1000 - 1000 + i, NOW / 1000 - 1000 + i);
      }
    }
    const rejected = join(folder, 'ours', 'src_1.rejected.jsonl');
    writeFileSync(rejected, 'x');
    const living = join(folder, 'theirs', name('src_living', { ...HERE, pid: process.ppid, start: '0' }));
    writeFileSync(living, 'x');
    utimesSync(living, NOW / 1000, NOW / 1000);
    tidy(folder, 'ours', HERE, new Set(), NOW);
    expect([existsSync(rejected), existsSync(living)]).toEqual([false, true]);
    expect(readdirSync(join(folder, 'ours'))).toHaveLength(3);
    expect(orphans(join(folder, 'theirs'), HERE, new Set(), NOW).map(({ source }) => source)).toEqual([
      'src_theirs1',
      'src_theirs2',
    ]);
  });

  it("removes another relay's spools after five weeks, and rejected events after one", () => {
    mkdirSync(join(folder, 'theirs'));
    const file = join(folder, 'theirs', name('src_1', DEAD));
    const rejected = join(folder, 'theirs', 'src_1.rejected.jsonl');
    writeFileSync(file, 'x');
    writeFileSync(rejected, 'x');
    tidy(folder, 'ours', HERE, new Set(), Date.now() + 8 * DAY);
    expect([existsSync(file), existsSync(rejected)]).toEqual([true, false]);
    tidy(folder, 'ours', HERE, new Set(), Date.now() + 36 * DAY);
    expect(existsSync(file)).toBe(false);
  });
});
