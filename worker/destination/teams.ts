// Microsoft Teams, by a workflow's "When a Teams webhook request is received": an Adaptive Card. What others wrote stands in
// text runs, which know no Markdown; `<at>` means nothing without an entity that names somebody.
import type { IAdaptiveCard, ITextRun } from '@microsoft/teams.cards';

import { chat } from './chat.ts';
import { asIs, clip, ration, utf8 } from './clip.ts';
import { MARK, type Note } from './note.ts';

/** Of a message's 28 KB, in bytes; the rest is for the card around the words, and for what JSON escapes. */
const MAX_TOTAL = 12_000;
const MAX_TITLE = 500;
const MAX_VALUE = 2_000;

export const teams = chat({
  // *.logic.azure.com stopped on 30 November 2025, the connectors of webhook.office.com in spring 2026.
  hosts: ['.environment.api.powerplatform.com'],
  faultOf: ({ searchParams }) =>
    searchParams.has('sig') ? null : 'url must be that of a workflow with its sig=, as Teams shows it when it is made',
  write: (note) => ({ body: teamsMessage(note) }),
});

export function teamsMessage({ tone, title, facts, link }: Note) {
  const take = ration(MAX_TOTAL, asIs, utf8);
  const line = (...inlines: ITextRun[]) => ({ type: 'RichTextBlock', inlines, spacing: 'Small' }) as const;
  const run = (text: string, style: Partial<ITextRun> = {}): ITextRun => ({ type: 'TextRun', text, ...style });
  const head = `${MARK[tone]} ${take(title, MAX_TITLE)}`;
  const lines = facts.flatMap(({ name, value }) => {
    const text = take(value, MAX_VALUE);
    return text === '' ? [] : line(run(`${name}: `, { isSubtle: true }), run(text));
  });
  const actions = link === null ? [] : [{ type: 'Action.OpenUrl', title: 'Repository', url: link } as const];
  const content = {
    type: 'AdaptiveCard',
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    version: '1.4',
    fallbackText: clip(title, MAX_TITLE, asIs, utf8),
    body: [line(run(head, { weight: 'Bolder', size: 'Medium' })), ...lines],
    actions,
  } satisfies IAdaptiveCard;
  const attachment = { contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content };
  return { type: 'message', attachments: [attachment] };
}
