import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { bodyOf, isMarked, letterIn, markOf, sendWords, senderOf } from '../../../plugin/cli/bridge/letter.ts';

const letter = (given: object) => letterIn({ id: 'mail_1', from: 'ann', subject: 's', body: 'b', ...given });

describe('a letter', () => {
  it.each([[null], [{}], [{ id: 7 }], [{ id: '' }], [{ id: 'a b' }], [{ id: 'a\n]' }]])('is none of %j', (mail) => {
    expect(letterIn(mail)).toBeNull();
  });

  it.each([
    ['member:ann@example.com', 'relay/member-ann@example.com'],
    ['lab:app/Toast', 'relay/lab-app/Toast'],
    ['a,read,pinned', 'relay/a-read-pinned'],
    ['--to=x', 'relay/--to-x'],
    ['', 'relay/unknown'],
    ['李小龍', 'relay/-'],
  ])('from %j comes from %j', (from, sender) => {
    expect(senderOf(from)).toBe(sender);
  });

  it.each([
    ['urgent', 'escalation', ['--priority=0', '--type=escalation']],
    ['high', 'task', ['--priority=1', '--type=task']],
    ['low', 'reply', ['--priority=3', '--type=reply']],
    ['constructor', 'toString', ['--priority=2', '--type=notification']],
  ])('of priority %j and type %j', (priority, type, words) => {
    const given = letter({ priority, type });
    expect(given && sendWords(given, 'mayor/').slice(5, 7)).toEqual(words);
  });

  it('is words without a flag, a comma in a label or what a terminal obeys, whatever it says', () => {
    const text = fc.string({ unit: 'binary', maxLength: 200 });
    const law = fc.property(text, text, text, (from, subject, body) => {
      const given = letter({ from, subject, body });
      if (given === null) throw new Error('it is one');
      const words = sendWords(given, 'app/Toast');
      expect(words.slice(0, 3)).toEqual(['mail', 'send', 'app/Toast']);
      expect(words.slice(3).every((word) => /^--(from|subject|priority|type|no-notify|stdin)(=|$)/.test(word))).toBe(
        true,
      );
      expect(words[3]).toMatch(/^--from=relay\/[\w.@/-]+$/);
      expect(words[4]).toMatch(/^--subject=(?!-)[^\p{Cc}<>]+$/u);
      const brought = bodyOf(given);
      expect(brought).not.toMatch(/(?![\n\t])\p{Cc}|<\s*\/?\s*system/iu);
      expect(isMarked(brought, markOf('mail_1'))).toBe(true);
      expect(isMarked(brought, markOf('mail_2'))).toBe(false);
    });
    fc.assert(law);
  });
});
