import { appendFileSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { type Mark, START } from '../../../plugin/cli/bridge/mark.ts';
import { endOf, readOn } from '../../../plugin/cli/bridge/tail.ts';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gasline-tail-'));
  path = join(folder, '.events.jsonl');
});

afterEach(() => rmSync(folder, { recursive: true }));

async function all(from: Mark): Promise<{ readonly lines: readonly string[]; readonly mark: Mark }> {
  const lines: string[] = [];
  let mark = from;
  for (;;) {
    const reading = await readOn(path, mark);
    if (reading === null) return { lines, mark };
    lines.push(...reading.lines);
    mark = reading.mark;
    if (!reading.isMore) return { lines, mark };
  }
}

/** As the feed's curator and the pruner do (internal/feed, internal/krc): what is kept goes into a new file. */
function rewrite(keep: (line: string, at: number, of: number) => boolean): void {
  const lines = readFileSync(path, 'utf8').split('\n');
  const open = lines.pop() ?? '';
  const kept = lines.filter((line, at) => keep(line, at, lines.length)).map((line) => `${line}\n`);
  writeFileSync(`${path}.tmp`, kept.join('') + open);
  renameSync(`${path}.tmp`, path);
}

describe('a tail', () => {
  it('gives no file nothing, and each line once when there is one', async () => {
    expect(await readOn(path, START)).toBeNull();
    writeFileSync(path, 'a\nb\n');
    const first = await all(START);
    expect(first.lines).toEqual(['a', 'b']);
    appendFileSync(path, 'c');
    const second = await all(first.mark);
    expect(second.lines).toEqual([]);
    appendFileSync(path, '\nd\n');
    expect((await all(second.mark)).lines).toEqual(['c', 'd']);
  });

  it('begins at the end where it is told to, also of a large file', async () => {
    writeFileSync(path, 'x'.repeat(99).concat('\n').repeat(20_000));
    const mark = endOf(path);
    appendFileSync(path, 'new\n');
    expect((await all(mark ?? START)).lines).toEqual(['new']);
  });

  it('reads a line that is longer than what it reads at once', async () => {
    const long = 'é'.repeat(600_000);
    writeFileSync(path, `a\n${long}\nb\n`);
    expect((await all(START)).lines).toEqual(['a', long, 'b']);
  });

  it('goes on after its place where the newest half was kept, where lines in the middle went and where all did', async () => {
    writeFileSync(path, '1\n2\n3\n4\n');
    let { mark } = await all(START);
    appendFileSync(path, '5\n');
    rewrite((_, at, of) => at >= of / 2);
    const half = await all(mark);
    expect(half.lines).toEqual(['5']);
    ({ mark } = half);
    rewrite((line) => line !== '5');
    appendFileSync(path, '6\n');
    const middle = await all(mark);
    expect(middle.lines).toEqual(['6']);
    writeFileSync(path, '');
    const empty = await all(middle.mark);
    expect(empty.lines).toEqual([]);
    writeFileSync(path, '7\n8\n');
    expect((await all(empty.mark)).lines).toEqual(['7', '8']);
  });

  it('waits while a digest writes what it keeps', async () => {
    writeFileSync(path, '1\n2\n3\n4\n');
    const { mark } = await all(START);
    writeFileSync(path, '1\n');
    const during = readOn(path, mark);
    setTimeout(() => writeFileSync(path, '1\n3\n4\n'), 20);
    expect(await during).toMatchObject({ lines: [], mark });
    expect((await all(mark)).lines).toEqual([]);
  });

  it('reads each line once whatever is appended, cut down and begun anew in between', async () => {
    const step = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({ kind: fc.constant('append' as const), count: fc.integer({ min: 1, max: 5 }) }),
      },
      { weight: 2, arbitrary: fc.constant({ kind: 'part' as const }) },
      {
        weight: 1,
        arbitrary: fc.record({ kind: fc.constant('prune' as const), keep: fc.integer({ min: 1, max: 4 }) }),
      },
      { weight: 3, arbitrary: fc.constant({ kind: 'read' as const }) },
    );
    const law = fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      writeFileSync(path, '');
      let [mark, written, unread]: [Mark, number, number] = [START, 0, 0];
      const got: string[] = [];
      const read = async () => {
        const reading = await all(mark);
        got.push(...reading.lines);
        // As it comes back from the disk.
        mark = JSON.parse(JSON.stringify(reading.mark)) as Mark;
        unread = 0;
      };
      for (const one of steps) {
        if (one.kind === 'append') {
          for (let count = 0; count < one.count; count += 1) appendFileSync(path, `line ${(written += 1)}\n`);
          unread += one.count;
        } else if (one.kind === 'part') {
          appendFileSync(path, `line ${(written += 1)}`);
          if (unread === 0) await read();
          appendFileSync(path, '\n');
          unread += 1;
        } else if (one.kind === 'prune') {
          // A town keeps its newest lines, more than a bridge leaves unread.
          rewrite((_, at, of) => at >= of - unread - one.keep);
        } else await read();
      }
      await read();
      expect(got).toEqual(Array.from({ length: written }, (_, at) => `line ${at + 1}`));
    });
    await fc.assert(law, { numRuns: 40 });
  }, 60_000);
});
