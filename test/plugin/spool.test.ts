import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { SourceEvent } from '../../plugin/contract.ts';
import { Spool } from '../../plugin/spool.ts';
import { cost, DAY, drain, fact, name, NOW, SOURCE, source, take } from './queue.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gasline-spool-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('the spool', () => {
  it('gives back what was appended, in order and once, whatever is finished in between', () => {
    const step = fc.oneof(
      fc.constant('append' as const),
      fc.constant('branch' as const),
      fc.integer({ min: 1, max: 7 }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const spool = new Spool(folder, name('src_law'));
        let from = source();
        let appended = 0;
        const read: number[] = [];
        for (const one of steps) {
          if (one === 'branch') from = source({ branch: String(appended) });
          else if (one === 'append') {
            spool.append(from, fact());
            appended += 1;
          } else read.push(...take(spool, one));
          expect(spool.pending).toBe(appended - read.length);
        }
        while (spool.pending > 0) read.push(...take(spool, 5));
        expect(read).toEqual(Array.from({ length: appended }, (_, index) => index + 1));
        spool.close();
        expect(existsSync(join(folder, name('src_law')))).toBe(false);
      }),
    );
  });

  it('never mixes two descriptions of the source in one batch', () => {
    const spool = new Spool(folder, name('src_1'));
    spool.append(source({ branch: 'a' }), fact());
    spool.append(source({ branch: 'b' }), fact());
    const first = spool.next(10);
    expect([first?.source.branch, first?.events.length]).toEqual(['a', 1]);
    first?.finish();
    expect(spool.next(10)?.source.branch).toBe('b');
  });

  it('keeps events in memory while the disk takes none, in bounds, and says what it dropped', () => {
    writeFileSync(join(folder, 'file'), '');
    const spool = new Spool(join(folder, 'file', 'impossible'), name('src_1'));
    for (let i = 0; i < 5000; i += 1) spool.append(SOURCE, i % 10 === 0 ? cost() : fact());
    expect(spool.pending).toBeLessThanOrEqual(1001);
    const events = drain(spool);
    expect(events.filter(({ type }) => type === 'message.updated').length).toBeGreaterThan(490);
    expectAccounted(events, 5000);
  });

  it('writes to the disk again when it can', () => {
    writeFileSync(join(folder, 'file'), '');
    const spool = new Spool(join(folder, 'file', 'deep'), name('src_1'));
    spool.append(SOURCE, fact());
    rmSync(join(folder, 'file'));
    spool.append(SOURCE, fact());
    expect(take(spool, 10)).toEqual([1, 2]);
    spool.append(SOURCE, fact());
    expect(readFileSync(join(folder, 'file', 'deep', name('src_1')), 'utf8')).toContain('"seq":3');
    expect(take(spool, 10)).toEqual([3]);
  });

  it('stays within its size by dropping the oldest events without money first, and reports it', () => {
    const spool = new Spool(folder, name('src_1'));
    const from = source();
    let appended = 0;
    for (; appended < 40_000; appended += 1) {
      spool.append(from, appended % 3 === 0 ? cost() : fact());
      if (spool.isFull) spool.trim(NOW);
    }
    expect(statSync(join(folder, name('src_1'))).size).toBeLessThan(4.1 * 1024 * 1024);
    const events = drain(spool);
    const costs = events.filter(({ type }) => type === 'message.updated');
    expect(costs.length).toBe(13_334);
    expectAccounted(events, appended);
  });

  it('drops at most what is too old: states after a week, money after five', () => {
    const spool = new Spool(folder, name('src_1'));
    spool.append(SOURCE, fact(NOW - 8 * DAY));
    spool.append(SOURCE, cost(NOW - 8 * DAY));
    spool.append(SOURCE, cost(NOW - 36 * DAY));
    spool.append(SOURCE, fact(NOW));
    spool.trim(NOW);
    const events = drain(spool);
    expect(events.map(({ seq }) => seq)).toEqual([2, 4, 5]);
    expect(events.at(-1)).toMatchObject({
      type: 'spool.dropped',
      data: { reason: 'age', events: 2, first_seq: 1, last_seq: 3 },
    });
  });

  it('begins anew when its file was taken away', () => {
    const spool = new Spool(folder, name('src_1'));
    spool.append(SOURCE, fact());
    rmSync(join(folder, name('src_1')));
    spool.touch(NOW);
    spool.append(SOURCE, fact());
    expect(take(spool, 10)).toEqual([2]);
  });

  it('keeps its file for any other error than that it is gone', () => {
    const file = join(folder, name('src_1'));
    const spool = new Spool(folder, name('src_1'));
    spool.append(SOURCE, fact());
    renameSync(file, join(folder, 'moved'));
    symlinkSync(file, file);
    spool.touch(NOW);
    expect(readdirSync(folder)).toContain(name('src_1'));
    expect(take(spool, 10)).toEqual([1]);
  });

  it.each<[string, (spool: Spool) => () => unknown]>([
    ['an answer', (spool) => spool.next(10)?.finish ?? (() => undefined)],
    ['a trim', (spool) => () => spool.trim(NOW + 40 * DAY)],
    ['a touch', (spool) => () => spool.touch(NOW)],
    ['another batch', (spool) => () => spool.next(10)?.finish()],
    ['another end', (spool) => () => spool.close()],
  ])('touches no file when %s comes after its end', (_, prepare) => {
    const path = join(folder, name('src_1'));
    const spool = new Spool(folder, name('src_1'));
    spool.append(SOURCE, cost());
    const late = prepare(spool);
    spool.close();
    const kept = [readFileSync(path, 'utf8'), statSync(path).mtimeMs];
    writeFileSync(join(folder, 'foreign'), 'precious');
    // The system gives the lowest free number: the one that the spool has just given back.
    const fd = openSync(join(folder, 'foreign'), 'r+');
    late();
    closeSync(fd);
    expect(readFileSync(join(folder, 'foreign'), 'utf8')).toBe('precious');
    expect([readFileSync(path, 'utf8'), statSync(path).mtimeMs]).toEqual(kept);
  });
});

/** Each number up to the last is either there or inside a report. */
function expectAccounted(events: readonly SourceEvent[], appended: number): void {
  let dropped = 0;
  for (const one of events) if (one.type === 'spool.dropped') dropped += one.data.events;
  const own = events.filter(({ type }) => type !== 'spool.dropped');
  expect(own.length + dropped).toBe(appended);
  expect(dropped).toBeGreaterThan(0);
  expect(new Set(events.map(({ seq }) => seq)).size).toBe(events.length);
}
