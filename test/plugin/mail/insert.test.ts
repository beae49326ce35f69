import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { missingIn, openInsertions } from '../../../plugin/mail/insert.ts';
import { syntheticPart } from '../../../plugin/mail/part.ts';
import type { Told } from '../../../plugin/mail/part.ts';
import { wrapLetters } from '../../../plugin/mail/wrap.ts';
import { history, letter, told } from './letters.ts';

const open = () => openInsertions(() => 1_795_420_599_757);
const shape = (messages: readonly Told[]) => messages.map(({ info }) => (info.id.length > 9 ? 'mail' : info.id));

describe('mail in the middle of a turn', () => {
  it('stands behind what a tool answered', () => {
    const insertions = open();
    const first = history(told('u1', 'user', 'do it'), told('a1', 'assistant'));
    insertions.add('s1', first, [letter('a')]);
    expect(shape(first)).toEqual(['u1', 'a1', 'mail']);
    expect(missingIn(first, [letter('a'), letter('b')])).toEqual([letter('b')]);
    expect(first.at(-1)?.info).toMatchObject({ role: 'user', sessionID: 's1' });
  });

  it('stands behind a prompt, as what stands before it is what a title is made of', () => {
    const messages = history(told('u1', 'user', 'one'));
    open().add('s1', messages, [letter('a')]);
    expect(shape(messages)).toEqual(['u1', 'mail']);
  });

  it('is at the same place in each later request of its session, and of no other', () => {
    const insertions = open();
    const before = [told('u1', 'user', 'do it'), told('a1', 'assistant')];
    const first = history(...before);
    insertions.add('s1', first, [letter('a')]);
    const later = history(...before, told('a2', 'assistant'));
    insertions.restore('s1', later);
    expect(shape(later)).toEqual(['u1', 'a1', 'mail', 'a2']);
    expect(later.slice(0, 3)).toEqual(first);
    const other = history(...before);
    insertions.restore('s2', other);
    expect(other).toEqual(before);
  });

  it('goes with what it stood beside, and does not come back', () => {
    const insertions = open();
    insertions.add('s1', history(told('u1', 'user', 'do it'), told('a1', 'assistant')), [letter('a')]);
    const compacted = history(told('u2', 'user', 'go on'));
    insertions.restore('s1', compacted);
    expect(shape(compacted)).toEqual(['u2']);
    const again = history(told('u1', 'user', 'do it'), told('a1', 'assistant'));
    insertions.restore('s1', again);
    expect(shape(again)).toEqual(['u1', 'a1']);
  });

  it('leaves what stood before it as it was, however often it comes and however the session grows', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('user', 'assistant', 'mail'), { maxLength: 12 }), (steps) => {
        const insertions = open();
        const messages: Told[] = [told('u0', 'user', 'begin')];
        let sent: Told[] = [];
        for (const [index, step] of steps.entries()) {
          if (step !== 'mail') messages.push(told(`m${index}`, step, 'words'));
          const next = history(...messages);
          insertions.restore('s1', next);
          if (step === 'mail') insertions.add('s1', next, [letter(`mail_${index}`)]);
          expect(next.slice(0, sent.length)).toEqual(sent);
          expect(new Set(next.map(({ info }) => info.id)).size).toBe(next.length);
          sent = next;
        }
        expect(sent.filter(({ info }) => info.id.length > 9)).toHaveLength(
          steps.filter((step) => step === 'mail').length,
        );
      }),
    );
  });

  it('is not put where there is nothing to stand beside', () => {
    const empty: Told[] = [];
    open().add('s1', empty, [letter('a')]);
    expect(empty).toEqual([]);
  });
});

describe('a part of ours', () => {
  const user = { id: 'msg_1', sessionID: 's1' } as Parameters<typeof syntheticPart>[0];

  it('is told from the user’s own and comes after all that OpenCode made until now', () => {
    const now = 1_795_420_599_757;
    const part = syntheticPart(user, wrapLetters([letter('a')]), now);
    expect(part).toMatchObject({ sessionID: 's1', messageID: 'msg_1', type: 'text', synthetic: true });
    const theirs = (at: number, counter: number) =>
      `prt_${((at * 4_096 + counter) % 2 ** 48).toString(16).padStart(12, '0')}zz`;
    expect(part.id > theirs(now, 4_000)).toBe(true);
    expect(part.id < theirs(now + 1, 1)).toBe(true);
  });
});
