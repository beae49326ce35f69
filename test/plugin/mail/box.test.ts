import { describe, expect, it } from 'vitest';

import { Box, HELD } from '../../../plugin/mail/box.ts';
import { letter } from './letters.ts';

const all = () => true;
const ids = (letters: readonly { readonly id: string }[]) => letters.map(({ id }) => id);

function stocked(...letters: readonly ReturnType<typeof letter>[]): Box {
  const box = new Box();
  box.stock(letters, 1_000);
  return box;
}

describe('mail that was lent', () => {
  it('is given to one session, once', () => {
    const box = stocked(letter('a'), letter('b'));
    expect(ids(box.place('s1', all))).toEqual(['a', 'b']);
    expect(box.place('s1', all)).toEqual([]);
    expect(box.place('s2', all)).toEqual([]);
    expect(ids(box.placedIn('s1'))).toEqual(['a', 'b']);
  });

  it('goes to the session that it is for, and to no other', () => {
    const box = stocked(
      letter('a', { addresses: ['session:s1'] }),
      letter('b', { addresses: ['session:s1', 'app/toast'] }),
    );
    expect(ids(box.place('s2', all))).toEqual(['b']);
    expect(ids(box.place('s1', all))).toEqual(['a']);
  });

  it('is given by what is asked for', () => {
    const box = stocked(letter('a'), letter('b', { priority: 'urgent' }));
    const isUrgent = ({ priority }: { readonly priority: string }) => priority === 'urgent';
    expect(box.has(isUrgent)).toBe(true);
    expect(ids(box.place('s1', isUrgent))).toEqual(['b']);
    expect(box.has(isUrgent)).toBe(false);
    expect(box.has(all)).toBe(true);
  });

  it('is news once; what a model had is to be acknowledged again', () => {
    const box = new Box();
    expect(ids(box.stock([letter('a'), letter('b')], 1).fresh)).toEqual(['a', 'b']);
    box.place('s1', ({ id }) => id === 'a');
    box.finish(['a']);
    const again = box.stock([letter('a'), letter('b'), letter('c')], 2);
    expect([ids(again.fresh), ids(again.known)]).toEqual([['c'], ['a']]);
    expect(box.placedIn('s1')).toEqual([]);
    expect(ids(box.place('s1', all))).toEqual(['b', 'c']);
  });

  it('whose session never answered is lent anew to another, and not put twice into the first', () => {
    const box = stocked(letter('a'));
    box.place('s1', all);
    box.stock([letter('a')], 2_000);
    expect(box.place('s1', all)).toEqual([]);
    expect(ids(box.place('s2', all))).toEqual(['a']);
    box.finish(['a']);
    expect([box.placedIn('s1'), box.placedIn('s2')]).toEqual([[], []]);
  });

  it('is somebody else’s once its time is over and the relay says that nothing waits', () => {
    const box = stocked(letter('a'));
    box.dropLapsed(999);
    expect(box.has(all)).toBe(true);
    box.dropLapsed(1_000);
    expect(box.has(all)).toBe(false);
  });

  it('is no more than what is asked for at once, for as long as it is ours alone', () => {
    const box = stocked(...Array.from({ length: HELD }, (_, index) => letter(`m${index}`)));
    expect([box.isFull(999), box.isFull(1_000)]).toEqual([true, false]);
    box.place('s1', ({ id }) => id === 'm0');
    expect(box.isFull(999)).toBe(false);
  });
});
