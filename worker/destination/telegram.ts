// Telegram, by a bot: the URL of its sendMessage with ?chat_id=, in a topic with &message_thread_id=. What others wrote stands
// in <code>, where Telegram looks for no @name, #tag or /command.
import type { ApiMethods } from '@grammyjs/types';

import { chat } from './chat.ts';
import { clip, escapeBy, MARKUP_ENTITIES, ration, type Size, type Escape } from './clip.ts';
import { MARK, type Note } from './note.ts';

type Message = Omit<Parameters<ApiMethods<never>['sendMessage']>[0], 'chat_id'>;

/** In UTF-16 code units, of the text that is left when its entities have been read. */
const MAX_TEXT = 4_096;
const MAX_TITLE = 500;

const toEntity = escapeBy(MARKUP_ENTITIES);
/** In a title an unseen joiner behind them keeps these from being looked at. */
const inTitle: Escape = (character) => (/^[@#/]$/.test(character) ? `${character}\u2060` : toEntity(character));
const read: Size = (text) => text.replaceAll(/&(?:amp|lt|gt);/g, '&').length;

export const telegram = chat({
  hosts: ['api.telegram.org'],
  faultOf: ({ pathname, searchParams }) =>
    /^\/bot\d+:[\w-]+\/sendMessage$/.test(pathname) && /^(?:-?\d+|@\w+)$/.test(searchParams.get('chat_id') ?? '')
      ? null
      : 'url must be such as https://api.telegram.org/bot…/sendMessage?chat_id=…',
  write(note, url) {
    const to = new URL(url.pathname, url);
    const thread = Number(url.searchParams.get('message_thread_id') ?? Number.NaN);
    const where = { chat_id: url.searchParams.get('chat_id') };
    const topic = Number.isSafeInteger(thread) ? { message_thread_id: thread } : {};
    return { to, body: { ...where, ...topic, ...telegramMessage(note) } };
  },
  refusesAll: /chat not found|group chat was upgraded|not enough rights|have no rights/i,
});

export function telegramMessage({ tone, title, facts, link }: Note) {
  const head = `${MARK[tone]} ${clip(title, MAX_TITLE, inTitle, read)}`;
  const foot = link === null ? '' : `\n<a href="${link}">Repository</a>`;
  const labels = facts.reduce((sum, { name }) => sum + `\n${name}: `.length, 0);
  const take = ration(MAX_TEXT - head.length - labels - '\nRepository'.length, toEntity, read);
  const lines = facts.flatMap(({ name, value }) => {
    const text = take(value, MAX_TEXT);
    return text === '' ? [] : `\n${name}: <code>${text}</code>`;
  });
  return {
    text: `<b>${head}</b>${lines.join('')}${foot}`,
    parse_mode: 'HTML',
    link_preview_options: { is_disabled: true },
  } satisfies Message;
}
