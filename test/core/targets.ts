// What each target would say of a body: its limits and its markup, written down apart from the code that keeps to them.
import { expect } from 'vitest';

import { utf8 } from '../../worker/destination/clip.ts';
import type { DestinationKind } from '../../worker/destination/destinations.ts';

interface Target {
  /** A good URL of an endpoint. */
  readonly url: string;
  readonly check: (body: string) => void;
}

export const TARGETS: Readonly<Record<DestinationKind, Target>> = {
  webhook: { url: 'https://example.com/hook', check: (body) => expect(JSON.parse(body).id).toBe('acme-7') },
  slack: { url: 'https://hooks.slack.com/services/T1/B1/x', check: checkSlack },
  discord: { url: 'https://discord.com/api/webhooks/1/x', check: checkDiscord },
  ntfy: { url: 'https://ntfy.sh/topic', check: checkNtfy },
  teams: { url: 'https://a.b.environment.api.powerplatform.com/workflows/x/invoke?sig=y', check: checkTeams },
  'google-chat': {
    url: 'https://chat.googleapis.com/v1/spaces/AAA/messages?key=k&token=t',
    check: checkGoogleChat,
  },
  telegram: { url: 'https://api.telegram.org/bot1:x_y/sendMessage?chat_id=-100', check: checkTelegram },
  pagerduty: {
    url: `https://events.pagerduty.com/integration/${'0a'.repeat(16)}/enqueue`,
    check: checkPagerduty,
  },
  email: { url: 'mailto:ann@example.com,on-call+a@b.example', check: checkEmail },
  gascity: { url: 'https://city.example.com/v0/city/lab', check: checkGascity },
};

/** Entities alone mean something, and only those that are ours. */
const MARKUP = /[<>\n]|&(?!(?:amp|lt|gt);)/;

interface SlackText {
  readonly type: string;
  readonly text: string;
}

interface SlackBody {
  readonly text: string;
  readonly mrkdwn: boolean;
  readonly blocks: readonly {
    readonly text?: SlackText;
    readonly fields?: readonly SlackText[];
    readonly elements?: readonly SlackText[];
  }[];
}

function checkSlack(text: string): void {
  const body = JSON.parse(text) as SlackBody;
  expect(body.blocks.length).toBeLessThanOrEqual(50);
  expect(body.blocks[0]?.text?.text.length).toBeLessThanOrEqual(150);
  let total = body.text.length;
  for (const { text, fields = [], elements = [] } of body.blocks) {
    expect(fields.length).toBeLessThanOrEqual(10);
    for (const plain of text === undefined ? fields : [text, ...fields]) {
      expect(plain.type).toBe('plain_text');
      expect(plain.text.length).toBeGreaterThan(0);
      expect(plain.text.length).toBeLessThanOrEqual(2_000);
      expect(plain.text).not.toMatch(MARKUP);
      total += plain.text.length;
    }
    for (const { text } of elements) expect(text).toMatch(/^<https:\/\/[\w./-]+\|Repository>$/);
  }
  expect(body.text).not.toMatch(MARKUP);
  expect(body.mrkdwn).toBe(false);
  expect(total).toBeLessThanOrEqual(13_200);
}

interface DiscordBody {
  readonly allowed_mentions: object;
  readonly embeds: readonly {
    readonly title: string;
    readonly fields: readonly { readonly name: string; readonly value: string }[];
  }[];
}

function checkDiscord(text: string): void {
  const body = JSON.parse(text) as DiscordBody;
  expect(body.allowed_mentions).toEqual({ parse: [] });
  expect(Object.keys(body)).toEqual(['embeds', 'allowed_mentions']);
  expect(body.embeds).toHaveLength(1);
  for (const { title, fields } of body.embeds) {
    expect(fields.length).toBeLessThanOrEqual(25);
    for (const [text, limit] of [
      [title, 256] as const,
      ...fields.flatMap(({ name, value }) => [[name, 256] as const, [value, 1_024] as const]),
    ]) {
      expect(text.length).toBeGreaterThan(0);
      expect(text.length).toBeLessThanOrEqual(limit);
      // With every escaped sign taken away none is left that could mean something.
      expect(text.replaceAll(/\\[!-/:-@[-`{-~]/g, '')).not.toMatch(/[!-/:-@[-`{-~\n]/);
    }
    const all = [title, ...fields.flatMap(({ name, value }) => [name, value])];
    expect(all.join('').length).toBeLessThanOrEqual(6_000);
  }
}

function checkNtfy(text: string): void {
  const body = JSON.parse(text) as Record<string, string>;
  expect(utf8(body['message'] ?? '')).toBeLessThanOrEqual(4_096);
  expect(utf8(body['title'] ?? '')).toBeLessThanOrEqual(1_000);
  expect(body['message']).not.toBe('');
  expect(body['topic']).toBe('topic');
  expect(body).not.toHaveProperty('markdown');
}

interface TeamsBody {
  readonly attachments: readonly {
    readonly content: {
      readonly msteams?: object;
      readonly body: readonly { readonly type: string; readonly inlines: readonly { readonly type: string }[] }[];
    };
  }[];
}

function checkTeams(text: string): void {
  expect(utf8(text)).toBeLessThanOrEqual(28_000);
  const body = JSON.parse(text) as TeamsBody;
  expect(body.attachments).toHaveLength(1);
  for (const { content } of body.attachments) {
    // Mentions are entities, which stand there.
    expect(content).not.toHaveProperty('msteams');
    expect(new Set(content.body.map(({ type }) => type))).toEqual(new Set(['RichTextBlock']));
    const runs = content.body.flatMap(({ inlines }) => inlines);
    expect(new Set(runs.map(({ type }) => type))).toEqual(new Set(['TextRun']));
  }
}

interface GoogleChatBody {
  readonly fallbackText: string;
  readonly cardsV2: readonly {
    readonly card: {
      readonly sections?: readonly {
        readonly widgets: readonly { readonly decoratedText?: { readonly text: string } }[];
      }[];
    };
  }[];
}

function checkGoogleChat(text: string): void {
  expect(utf8(text)).toBeLessThanOrEqual(32_000);
  const body = JSON.parse(text) as GoogleChatBody;
  expect(Object.keys(body)).toEqual(['fallbackText', 'cardsV2']);
  expect(body.fallbackText).not.toMatch(/<users\//);
  for (const { card } of body.cardsV2) {
    for (const { decoratedText } of (card.sections ?? []).flatMap(({ widgets }) => widgets)) {
      expect(decoratedText?.text ?? 'a button').not.toMatch(MARKUP);
    }
  }
}

function checkTelegram(text: string): void {
  const body = JSON.parse(text) as { readonly text: string; readonly chat_id: string; readonly parse_mode: string };
  expect([body.chat_id, body.parse_mode]).toEqual(['-100', 'HTML']);
  // The tags that are ours, each closed; what is left is text, of which Telegram counts the characters and not the entities.
  const inner = body.text.replaceAll(
    /<(b|code)>([^<>]*)<\/\1>|<a href="https:\/\/[\w./-]+">(Repository)<\/a>/g,
    '$2$3',
  );
  expect(inner).not.toMatch(/[<>]|&(?!(?:amp|lt|gt);)/);
  expect(inner.replaceAll(/&(?:amp|lt|gt);/g, '&').length).toBeLessThanOrEqual(4_096);
  const outsideCode = body.text.replaceAll(/<code>[^<>]*<\/code>|<\/?b>|<a href="[^"]*">|<\/a>/g, '');
  expect(outsideCode).not.toMatch(/[@#/](?!\u2060)/);
}

interface PagerdutyBody {
  readonly event_action: string;
  readonly dedup_key: string;
  readonly payload?: {
    readonly summary: string;
    readonly source: string;
    readonly severity: string;
    readonly custom_details: Record<string, string>;
  };
}

function checkPagerduty(text: string): void {
  expect(utf8(text)).toBeLessThanOrEqual(512_000);
  const { event_action: action, dedup_key: key, payload, ...rest } = JSON.parse(text) as PagerdutyBody;
  expect(rest).toMatchObject({ routing_key: '0a'.repeat(16) });
  expect(['trigger', 'resolve']).toContain(action);
  expect(key).toMatch(/^[\w\-.!~*'()%/]{1,255}$/);
  expect(action === 'trigger').toBe(payload !== undefined);
  if (payload === undefined) return;
  expect(payload.summary.length).toBeGreaterThan(0);
  expect(payload.summary.length).toBeLessThanOrEqual(1_024);
  expect(payload.source).not.toBe('');
  expect(['critical', 'error', 'warning', 'info']).toContain(payload.severity);
  for (const value of [payload.summary, ...Object.values(payload.custom_details)]) expect(value).not.toMatch(/\p{Cc}/u);
}

interface EmailBody {
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly headers: Record<string, string>;
}

function checkEmail(text: string): void {
  const body = JSON.parse(text) as EmailBody;
  expect(Object.keys(body)).toEqual(['to', 'subject', 'text', 'html', 'headers']);
  expect(body.to).toEqual(['ann@example.com', 'on-call+a@b.example']);
  // A line of a header (RFC 5322, 2.1.1), and nothing that could begin another.
  expect(utf8(body.subject)).toBeLessThanOrEqual(998);
  for (const [name, value] of [['Subject', body.subject], ...Object.entries(body.headers)] as const) {
    expect(value).not.toMatch(/\p{Cc}/u);
    expect(utf8(name) + utf8(value)).toBeLessThanOrEqual(998);
  }
  expect(
    Object.keys(body.headers).filter((name) => !['Auto-Submitted', 'In-Reply-To', 'References'].includes(name)),
  ).toEqual([]);
  expect(body.headers['References'] ?? '<a@b>').toMatch(/^<[\w-]+@[a-z.]+>$/);
  expect(utf8(text)).toBeLessThanOrEqual(1_000_000);
  // Our own tags; what is left is text.
  const inner = body.html.replaceAll(
    /<\/?(?:p|b|small|tr|td|table)>|<table cellpadding="4">|<a href="https:\/\/[\w./-]+">|<\/a>/g,
    '',
  );
  expect(inner).not.toMatch(/[<>"']|&(?!(?:amp|lt|gt|quot|#39);)/);
}

function checkGascity(text: string): void {
  const body = JSON.parse(text) as Record<string, string>;
  if ('to' in body) {
    expect(Object.keys(body).toSorted()).toEqual(['body', 'from', 'subject', 'to']);
    expect(body['from']).toMatch(/^relay\/./);
    return;
  }
  expect(Object.keys(body).filter((name) => !['type', 'actor', 'subject', 'message'].includes(name))).toEqual([]);
  expect(body['type']).toMatch(/^gasline\../);
  expect(body['actor']).toMatch(/^gasline\/./);
  for (const value of Object.values(body)) expect(value).not.toMatch(/^$|[\p{Cc}\u202A-\u202E]/u);
  expect(body['message']?.length).toBeLessThanOrEqual(2_100);
}
