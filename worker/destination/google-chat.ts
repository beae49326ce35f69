// Google Chat, by a webhook of a space: one card. Its texts are a little HTML, in which nobody can be mentioned.
import { chat } from './chat.ts';
import { clip, escapeBy, MARKUP_ENTITIES, ration, utf8, type Escape } from './clip.ts';
import { MARK, type Note } from './note.ts';

/** Of a message's 32,000 bytes; the rest is for the card around the words, and for what JSON escapes. */
const MAX_TOTAL = 14_000;
const MAX_TITLE = 500;
const MAX_VALUE = 2_000;

const escape = escapeBy(MARKUP_ENTITIES);
/** Plain text has no escape: `<users/all>` is kept from being one by what nobody sees. */
const parted: Escape = (character) => (character === '<' ? '<\u200B' : character);

export const googleChat = chat({
  hosts: ['chat.googleapis.com'],
  faultOf: ({ pathname, searchParams }) =>
    /^\/v1\/spaces\/[^/]+\/messages$/.test(pathname) && searchParams.has('key') && searchParams.has('token')
      ? null
      : 'url must be that of a webhook, such as https://chat.googleapis.com/v1/spaces/…/messages?key=…&token=…',
  write(note, url) {
    const to = new URL(url);
    // Of requests with one id Google Chat makes one message, so that a retry is not read twice.
    to.searchParams.set('requestId', note.id);
    return { body: googleChatMessage(note), to };
  },
});

export function googleChatMessage({ tone, title, facts, link }: Note) {
  const take = ration(MAX_TOTAL, escape, utf8);
  const widgets = facts.flatMap(({ name, value }) => {
    const text = take(value, MAX_VALUE);
    return text === '' ? [] : { decoratedText: { topLabel: name, text, wrapText: true } };
  });
  const button = { buttonList: { buttons: [{ text: 'Repository', onClick: { openLink: { url: link } } }] } };
  const all = link === null ? widgets : [...widgets, button];
  const head = clip(`${MARK[tone]} ${title}`, MAX_TITLE, parted, utf8);
  const card = { header: { title: head }, ...(all.length === 0 ? {} : { sections: [{ widgets: all }] }) };
  return { fallbackText: head, cardsV2: [{ cardId: 'gasline', card }] };
}
