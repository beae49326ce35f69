import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { acknowledged, inPieces, roomOf, type Sent, type UnderWay } from '../../worker/delivery/credit.ts';

/** As a stream sends: one event a time while there is room, each further in the log than the one before. */
const stream = fc
  .array(fc.record({ gap: fc.integer({ min: 1, max: 50 }), text: fc.integer({ min: 2, max: 20_000 }) }), {
    maxLength: 400,
  })
  .map((events) => {
    const sent: Sent[] = [];
    let upTo = 0;
    for (const { gap, text } of events) {
      if (roomOf(sent).events === 0) break;
      upTo += gap;
      sent.push({ upTo, events: 1, text });
    }
    return sent;
  });

const sum = (of: UnderWay, key: 'events' | 'text') => of.reduce((total, sent) => total + sent[key], 0);

test('there is an end to what is under way, past which one event reaches at most', () => {
  fc.assert(
    fc.property(stream, (sent) => {
      expect(sum(sent, 'events')).toBeLessThanOrEqual(256);
      expect(sum(sent.slice(0, -1), 'text')).toBeLessThan(262_144);
    }),
  );
});

test('whoever acknowledges the last of it has room for all again', () => {
  fc.assert(
    fc.property(stream, fc.boolean(), (sent, isKept) => {
      const held = isKept ? inPieces(sent) : sent;
      expect(roomOf(acknowledged(held, sent.at(-1)?.upTo ?? 0))).toEqual(roomOf([]));
    }),
  );
});

test('an acknowledgement never takes room away, and a later one says all that an earlier one does', () => {
  fc.assert(
    fc.property(stream, fc.nat(20_000), fc.nat(20_000), (sent, one, other) => {
      const [early, late] = [Math.min(one, other), Math.max(one, other)];
      expect(roomOf(acknowledged(sent, early)).events).toBeGreaterThanOrEqual(roomOf(sent).events);
      expect(acknowledged(acknowledged(sent, early), late)).toEqual(acknowledged(sent, late));
      expect(acknowledged(acknowledged(sent, late), early)).toEqual(acknowledged(sent, late));
    }),
  );
});

test('in pieces it takes the same room and never less, in what a socket can keep', () => {
  fc.assert(
    fc.property(stream, fc.nat(20_000), (sent, upTo) => {
      const pieces = inPieces(sent);
      expect(JSON.stringify(pieces).length).toBeLessThan(600);
      expect(roomOf(pieces)).toEqual(roomOf(sent));
      const [kept, exact] = [acknowledged(pieces, upTo), acknowledged(sent, upTo)];
      expect(sum(kept, 'events')).toBeGreaterThanOrEqual(sum(exact, 'events'));
      expect(sum(kept, 'events') - sum(exact, 'events')).toBeLessThan(64);
    }),
  );
});

test('whoever acknowledges each 100 events and each 64 KB always has room, kept in pieces or not', () => {
  fc.assert(
    fc.property(stream, fc.nat(400), fc.boolean(), (sent, at, isKept) => {
      const owed = sent.slice(at);
      // The last of them is the one that tells.
      fc.pre(owed.length <= 100 && sum(owed.slice(0, -1), 'text') < 65_536);
      const held = isKept ? inPieces(sent) : sent;
      expect(roomOf(acknowledged(held, sent[at - 1]?.upTo ?? 0)).events).toBeGreaterThan(0);
    }),
  );
});
