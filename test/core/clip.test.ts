// The limits of the targets, each at one below, at and one above.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { asIs, clip, escapeBy, MARKUP_ENTITIES, utf16, utf8 } from '../../worker/destination/clip.ts';
import { discordMessage } from '../../worker/destination/discord.ts';
import { letterOf } from '../../worker/destination/email.ts';
import { cityEvent } from '../../worker/destination/gascity.ts';
import { googleChatMessage } from '../../worker/destination/google-chat.ts';
import type { Note } from '../../worker/destination/note.ts';
import { ntfyMessage } from '../../worker/destination/ntfy.ts';
import { triggerOf } from '../../worker/destination/pagerduty.ts';
import { slackMessage } from '../../worker/destination/slack.ts';
import { teamsMessage } from '../../worker/destination/teams.ts';
import { telegramMessage } from '../../worker/destination/telegram.ts';
import { event } from './told.ts';

function note(given: Partial<Note>): Note {
  const timestamp = '2026-11-23T09:00:00.000Z';
  return { id: 'acme-7', tone: 'good', title: 'title', facts: [], link: null, timestamp, ...given };
}

const fact = (value: string) => note({ facts: [{ name: 'A', value }] });
const withoutTags = (html: string) => html.replaceAll(/<[^<>]*>/g, '');
const entitiesRead = (html: string) => html.replaceAll(/&\w+;/g, '&').length;

type Limit = readonly [what: string, limit: number, size: (text: string) => number, write: (text: string) => string];

/** What the target limits, how it counts, and the text that it gets. */
const LIMITS: readonly Limit[] = [
  [
    'a header of Slack',
    150,
    utf16,
    (title) =>
      slackMessage(note({ title })).blocks.flatMap((block) => ('text' in block ? block.text.text : []))[0] ?? '',
  ],
  [
    'a field of Slack',
    2_000,
    utf16,
    (value) =>
      slackMessage(fact(value)).blocks.flatMap((block) => ('fields' in block ? block.fields : []))[0]?.text ?? '',
  ],
  ['a title of Discord', 256, utf16, (title) => discordMessage(note({ title })).embeds[0]?.title ?? ''],
  ['a value of Discord', 1_024, utf16, (value) => discordMessage(fact(value)).embeds[0]?.fields[0]?.value ?? ''],
  ['a message of ntfy', 4_096, utf8, (value) => ntfyMessage(fact(value), 'topic').message],
  ['a summary of PagerDuty', 1_024, utf16, (title) => triggerOf(event(), note({ title })).payload.summary],
  ['a subject of e-mail', 200, utf16, (title) => letterOf(note({ title }), null).subject],
  ['a title of Teams', 500, utf8, (title) => teamsMessage(note({ title })).attachments[0]?.content.fallbackText ?? ''],
  ['a value of Teams', 2_000, utf8, teamsValue],
  [
    'a title of Google Chat',
    500,
    utf8,
    (title) => googleChatMessage(note({ title })).cardsV2[0]?.card.header.title ?? '',
  ],
  ['a value of Google Chat', 2_000, utf8, googleChatValue],
  ['a message of Gas City, before the id,', 2_000, utf16, cityMessage],
  ['a text of Telegram', 4_096, entitiesRead, (value) => withoutTags(telegramMessage(roomFor(value)).text)],
];

function teamsValue(value: string): string {
  const [, line] = teamsMessage(fact(value)).attachments[0]?.content.body ?? [];
  const [, run] = line?.inlines ?? [];
  return run !== undefined && 'text' in run ? run.text : '';
}

function googleChatValue(value: string): string {
  const { card } = googleChatMessage(fact(value)).cardsV2[0] ?? {};
  const [section] = card !== undefined && 'sections' in card ? card.sections : [];
  const [widget] = section?.widgets ?? [];
  return widget !== undefined && 'decoratedText' in widget ? widget.decoratedText.text : '';
}

function cityMessage(branch: string): string {
  const { message } = cityEvent(event({ source: { ...event().source, branch } }));
  return message.slice(0, -' (acme-7)'.length);
}

/** Telegram keeps room for a link whether there is one or not. */
function roomFor(value: string): Note {
  return { ...fact(value), link: 'https://example.com/acme/app' };
}

describe.each(LIMITS)('%s', (_, limit, size, write) => {
  const besides = size(write('x')) - 1;

  test.each(['x', '&', '*', '😀', 'é'])('of "%s" is whole up to its limit and cut beyond it', (character) => {
    const one = size(write(character)) - besides;
    // The rest is made up of what takes one.
    const ofLength = (length: number) =>
      character.repeat(Math.floor((length - besides) / one)) + 'x'.repeat((length - besides) % one);
    for (const length of [limit - 1, limit]) {
      const written = write(ofLength(length));
      expect([size(written), written.includes('…')]).toEqual([length, false]);
    }
    const cut = write(ofLength(limit + 1));
    expect(cut).toContain('…');
    expect(size(cut)).toBeLessThanOrEqual(limit);
    expect(size(cut)).toBeGreaterThan(limit - one - size('…'));
    expect(cut.isWellFormed()).toBe(true);
  });
});

test('what many long facts take together stays within the limit of an embed', () => {
  const facts = Array.from({ length: 10 }, (_, at) => ({ name: `N${at}`, value: '*'.repeat(2_000) }));
  const [embed] = discordMessage(note({ facts })).embeds;
  const total = [embed?.title, ...(embed?.fields ?? []).flatMap(({ name, value }) => [name, value])].join('').length;
  expect(total).toBeLessThanOrEqual(6_000);
  expect(total).toBeGreaterThan(5_990);
});

test.each([
  ['Teams', 28 * 1_024, teamsMessage],
  ['Google Chat', 32_000, googleChatMessage],
])('what many long facts take together stays within the limit of a message of %s', (_, limit, write) => {
  for (const character of ['x', '"', '&', '<', '\\', 'é', '😀']) {
    const facts = Array.from({ length: 10 }, (_each, at) => ({ name: `N${at}`, value: character.repeat(3_000) }));
    const whole = note({ title: character.repeat(1_000), facts, link: 'https://example.com/acme/app' });
    expect([character, utf8(JSON.stringify(write(whole))) <= limit]).toEqual([character, true]);
  }
});

test('clip keeps whole escapes, and never exceeds its limit', () => {
  const escape = escapeBy(MARKUP_ENTITIES);
  expect([3, 4, 5, 6].map((limit) => clip('&&', limit, escape))).toEqual(['…', '…', '…', '&amp;…']);
  expect(clip('&', 5, escape)).toBe('&amp;');
  expect(clip('ab', 0)).toBe('');
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.nat(40), (given, limit) => {
      for (const size of [utf16, utf8]) {
        const clipped = clip(given, limit, asIs, size);
        expect(size(clipped)).toBeLessThanOrEqual(limit);
        expect(clipped === given).toBe(size(given) <= limit);
      }
    }),
  );
});
