// Slack, by an incoming webhook: Block Kit. What others wrote stands in plain_text, where nothing but entities means anything:
// mrkdwn has no escape for its own signs.
import type { ContextBlock, HeaderBlock, SectionBlock } from '@slack/types';

import { chat } from './chat.ts';
import { escapeBy, MARKUP_ENTITIES, ration } from './clip.ts';
import { MARK, type Note } from './note.ts';

const MAX_HEADER = 150;
const MAX_FIELD = 2_000;
const MAX_FALLBACK = 500;
/** Slack says nothing of a limit for the whole; beyond 13,200 characters it has been seen to refuse a message. */
const MAX_TOTAL = 12_000;

const escape = escapeBy(MARKUP_ENTITIES);

export const slack = chat({
  hosts: ['hooks.slack.com', 'hooks.slack-gov.com'],
  faultOf: ({ pathname }) =>
    /^\/services\/[^/]+\/[^/]+\/[^/]+$/.test(pathname)
      ? null
      : 'url must be that of an incoming webhook, such as https://hooks.slack.com/services/T…/B…/…',
  write: (note) => ({ body: slackMessage(note) }),
  refusesOne: /invalid_payload|invalid_blocks|msg_blocks_too_long|msg_too_long|no_text|too_many_attachments/,
  refusesAll:
    /invalid_token|no_service|no_team|no_active_hooks|team_disabled|channel_is_archived|channel_not_found|user_not_found|action_prohibited|posting_to_general_channel_denied/,
});

export function slackMessage({ tone, title, facts, link }: Note) {
  const take = ration(MAX_TOTAL, escape);
  const plain = (text: string, limit: number) =>
    ({ type: 'plain_text', text: take(text, limit), emoji: false }) as const;
  const header: HeaderBlock = { type: 'header', text: plain(`${MARK[tone]} ${title}`, MAX_HEADER) };
  const said = facts.map(({ name, value }) => `${name}: ${value}`);
  // For notifications, which show no blocks.
  const text = take([title, ...said].join(' · '), MAX_FALLBACK);
  const fields = said.map((line) => plain(line, MAX_FIELD)).filter((field) => field.text !== '');
  const section: SectionBlock = { type: 'section', fields };
  const context = (to: string): ContextBlock => ({
    type: 'context',
    elements: [{ type: 'mrkdwn', text: `<${to}|Repository>`, verbatim: true }],
  });
  const blocks = [header, ...(fields.length === 0 ? [] : [section]), ...(link === null ? [] : [context(link)])];
  return { text, mrkdwn: false, blocks, unfurl_links: false, unfurl_media: false };
}
