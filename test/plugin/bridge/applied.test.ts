import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { openApplied } from '../../../plugin/cli/bridge/applied.ts';
import type { Disk } from '../../../plugin/cli/bridge/disk.ts';

const DAY_MS = 86_400_000;

function memory(): Disk & { readonly text: () => string } {
  let text: string | null = null;
  return {
    read: () => text,
    replace: (_, given) => void (text = given),
    append: (_, given) => void (text = (text ?? '') + given),
    text: () => text ?? '',
  };
}

describe('what was applied', () => {
  it('is known again by the next one, with tries whose end nobody saw', () => {
    const disk = memory();
    const first = openApplied('x', disk, () => 1);
    first.trying('a');
    first.trying('b');
    first.done('b');
    first.trying('c');
    first.failed('c');
    first.trying('d');
    first.trying('d');
    first.failed('d');
    const next = openApplied('x', disk, () => 2);
    expect(['a', 'b', 'c', 'd', 'e'].map(next.of)).toEqual(
      [
        { state: 'unclear', tries: 1 },
        { state: 'done', tries: 1 },
        { state: 'new', tries: 0 },
        { state: 'unclear', tries: 1 },
        { state: 'new', tries: 0 },
      ].map((standing) => expect.objectContaining(standing)),
    );
  });

  it('forgets after three months, and takes a line that was cut off for none', () => {
    const disk = memory();
    openApplied('x', disk, () => 0).done('old');
    openApplied('x', disk, () => 80 * DAY_MS).done('new');
    disk.append('x', '{"key":"cut","state":"do');
    const later = openApplied('x', disk, () => 100 * DAY_MS);
    expect(['old', 'new', 'cut'].map((key) => later.of(key).state)).toEqual(['new', 'done', 'new']);
    expect(disk.text().trim().split('\n')).toHaveLength(1);
  });

  it('forgets nothing that is looked at now and then', () => {
    const disk = memory();
    let now = 0;
    const clock = () => now;
    const first = openApplied('x', disk, clock);
    first.done('a');
    first.done('b');
    for (const day of [40, 41, 80]) {
      now = day * DAY_MS;
      first.keep('a');
    }
    // Each as often as it takes.
    expect(disk.text().trim().split('\n')).toHaveLength(4);
    now = 100 * DAY_MS;
    const later = openApplied('x', disk, clock);
    expect(['a', 'b'].map((key) => later.of(key).state)).toEqual(['done', 'new']);
  });

  it('says the same before and after it was read from the disk', () => {
    const step = fc.tuple(fc.constantFrom('a', 'b'), fc.constantFrom('trying', 'done', 'failed'));
    const law = fc.property(fc.array(step), (steps) => {
      const disk = memory();
      const held = openApplied('x', disk, () => 1);
      for (const [key, what] of steps) held[what](key);
      const read = openApplied('x', disk, () => 1);
      for (const key of ['a', 'b']) expect(read.of(key)).toEqual(held.of(key));
    });
    fc.assert(law);
  });
});
