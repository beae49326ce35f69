// Discord, by a webhook of a channel: one embed. Nobody is ever mentioned, whatever stands in it.
import type { RESTPostAPIWebhookWithTokenJSONBody } from 'discord-api-types/v10';

import { chat } from './chat.ts';
import { ration, type Escape } from './clip.ts';
import type { Note, Tone } from './note.ts';

const MAX_TITLE = 256;
const MAX_VALUE = 1_024;
/** Titles, names and values of all of an embed together. */
const MAX_TOTAL = 6_000;

const COLOR = { good: 0x2e_9e_5b, info: 0x4a_7d_c4, warn: 0xd9_9a_1c, bad: 0xc9_3c_37 } as const satisfies Record<
  Tone,
  number
>;

/** A backslash before any ASCII punctuation takes its meaning from it. */
const escape: Escape = (character) => (/^[!-/:-@[-`{-~]$/.test(character) ? `\\${character}` : character);

export const discord = chat({
  hosts: ['discord.com', 'discordapp.com', 'ptb.discord.com', 'canary.discord.com'],
  faultOf: ({ pathname }) =>
    /^\/api(?:\/v\d+)?\/webhooks\/[^/]+\/[^/]+$/.test(pathname)
      ? null
      : 'url must be that of a webhook, such as https://discord.com/api/webhooks/…/…',
  write(note, url) {
    const to = new URL(url);
    // Without it a message that was not saved is answered like one that was.
    to.searchParams.set('wait', 'true');
    return { body: discordMessage(note), to };
  },
});

export function discordMessage({ tone, title, facts, link, timestamp }: Note) {
  const take = ration(MAX_TOTAL, escape);
  const head = take(title, MAX_TITLE);
  const fields = facts.flatMap(({ name, value }) => {
    const field = { name: take(name, MAX_TITLE), value: take(value, MAX_VALUE), inline: true };
    // Discord takes no empty one.
    return field.name === '' || field.value === '' ? [] : field;
  });
  const url = link === null ? {} : { url: link };
  const embed = { title: head, ...url, color: COLOR[tone], fields, timestamp };
  return { embeds: [embed], allowed_mentions: { parse: [] } } satisfies RESTPostAPIWebhookWithTokenJSONBody;
}
