// One suite for every kind of destination: what holds for one holds for all.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { vetFor } from '../../worker/destination/address.ts';
import { DESTINATION_KINDS, destinations, type DestinationKind } from '../../worker/destination/destinations.ts';
import { outgoing, type PublicEvent } from '../../worker/event/event.ts';
import { TARGETS } from './targets.ts';
import { event, TOLD } from './told.ts';

const NOW = Date.UTC(2026, 10, 23);
const PUBLIC_ONLY = { allowPrivate: false };

const ENDPOINT = 'ep_1';
const SECRET = `whsec_${'A'.repeat(32)}`;
const CHATS = DESTINATION_KINDS.filter((kind) => kind !== 'webhook');

async function render(kind: DestinationKind, given: Partial<PublicEvent>, url = TARGETS[kind].url) {
  const message = {
    event: outgoing(event(given)),
    url,
    endpoint: ENDPOINT,
    keys: [SECRET],
    format: 'standard' as const,
  };
  return destinations[kind].render(message, NOW);
}

const HOSTILE = [
  '<!channel> <@U123> <!subteam^S1> <https://evil.example|click>',
  '@everyone @here <@1> <@&2> <#3> <t:1:R> <a:x:1>',
  '[click](https://evil.example) *b* _i_ ~s~ `c` ||spoiler|| # h',
  '<users/all> <at>all</at> <a href="https://evil.example">x</a>',
  '&lt;!channel&gt; &amp;',
  'x\n@everyone\r\n- list\u2028> quote \u202egnp',
  '𝒳👩‍👩‍👧🏽'.repeat(300),
  '&'.repeat(3_000),
  '*'.repeat(3_000),
  '"\\'.repeat(3_000),
  'half \ud800 a pair',
];
/** The fields whose words are told. */
const WORDS = 'name permission provider model agent reason from until period endpoint by value member'.split(' ');
const LISTS = ['members', 'projects', 'models', 'budgets', 'unpriced'];
const text = fc.oneof(
  fc.constantFrom(...HOSTILE),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc
    .array(fc.constantFrom('<', '>', '&', '!', '@', '\\', '`', '*', '_', '\n', '😀', 'everyone', 'channel'), {
      maxLength: 300,
    })
    .map((parts) => parts.join('')),
);
/** Any data at all, and data whose fields are there and hostile. */
const hostileData = fc.oneof(
  fc.object(),
  fc.dictionary(
    fc.constantFrom('name', 'permission', 'model', 'provider', 'agent', 'endpoint', 'reason', 'period', 'percent'),
    fc.oneof(text, fc.double(), fc.constant(null)),
  ),
  text.map((value) => ({
    error: { name: value, status: 1 },
    subject: { by: value, value, name: value },
    members: [{ member: value, cost_usd: value }],
    scope: { value },
    from: value,
  })),
);
/** Most of a message is somebody's own words. */
const hostileMail = fc
  .record({ from: text, to: text, subject: text, body: text, priority: fc.constantFrom('low', 'high', 'urgent') })
  .map((data) => ({ type: 'mail.sent', data, word: 'relay' }));
const hostileEvent = fc
  .oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        type: fc.oneof(fc.constantFrom(...TOLD.map(([type]) => type)), text),
        data: hostileData,
        word: text,
      }),
    },
    { weight: 1, arbitrary: hostileMail },
  )
  .map(({ type, data, word }) =>
    event({
      type,
      data,
      source: { ...event().source, member: word, project: { id: 'f00d', name: word }, branch: word },
    }),
  );

describe.each(DESTINATION_KINDS)('%s', (kind) => {
  const { url, check } = TARGETS[kind];

  test('renders every type within its limits, without a mention, the same each time', async () => {
    for (const [type, data] of TOLD) {
      const rendered = await render(kind, { type, data });
      expect(await render(kind, { type, data })).toEqual(rendered);
      check(rendered.body);
    }
  });

  test('renders whatever anybody could have written in the same way', async () => {
    await fc.assert(
      fc.asyncProperty(hostileEvent, async (given) => {
        const rendered = await render(kind, given);
        expect(rendered).toEqual(await render(kind, given));
        expect(rendered.body.isWellFormed()).toBe(true);
        check(rendered.body);
      }),
      { numRuns: 150 },
    );
  });

  test('makes something of every answer, and takes 2xx alone for delivered', () => {
    const bodies = ['', 'ok', 'invalid_token', '{"retry_after":1e999}', '{"retry_after": 0.5', '<html>', '\u0000'];
    for (let status = 100; status <= 599; status += 1) {
      for (const body of bodies) {
        const headers = new Map(new Headers(status % 2 === 0 ? {} : { 'retry-after': 'soon', location: 'nowhere' }));
        const outcome = destinations[kind].classify({ status, headers, body }, NOW);
        expect(outcome.kind === 'delivered').toBe(status >= 200 && status < 300);
        expect(outcome.kind !== 'retry' || outcome.afterMs === null || Number.isFinite(outcome.afterMs)).toBe(true);
        expect(status !== 410 || outcome.kind === 'gone').toBe(true);
        expect((status < 500 && status !== 429) || outcome.kind === 'retry').toBe(true);
      }
    }
  });

  test('honours Retry-After', () => {
    const answer = { status: 429, headers: new Map(new Headers({ 'retry-after': '30' })), body: '' };
    expect(destinations[kind].classify(answer, NOW)).toMatchObject({ kind: 'retry', afterMs: 30_000 });
  });

  test('may have its own URL', () => {
    expect(vetFor(destinations[kind], url, PUBLIC_ONLY).ok).toBe(true);
  });
});

describe.each(CHATS)('%s, which people read,', (kind) => {
  const { classify, wants } = destinations[kind];
  const at = (status: number, body = '', headers = {}) =>
    classify({ status, headers: new Map(new Headers(headers)), body }, NOW);

  test.each(HOSTILE.map((word) => [word.slice(0, 40), word]))('disarms %j wherever it stands', async (_, word) => {
    const line = { member: word, project: word, model: word, name: word, cost_usd: '1', messages: 1, percent: 1 };
    const lines = Array.from({ length: 5 }, () => line);
    const words = Object.fromEntries(WORDS.map((name) => [name, word]));
    const lists = Object.fromEntries(LISTS.map((name) => [name, lines]));
    const inner = { error: words, scope: words, subject: words, cost_usd: '1', percent: 1 };
    const everywhere = { ...words, ...lists, ...inner };
    const project = { id: 'f00d', name: word };
    const source = { ...event().source, member: word, project, branch: word };
    for (const type of [...TOLD.map(([type]) => type), word]) {
      const { body } = await render(kind, { type, data: everywhere, source });
      TARGETS[kind].check(body);
      expect(textsOf(JSON.parse(body)).filter((text) => !text.isWellFormed())).toEqual([]);
    }
  });

  const closed = kind === 'email' ? 'retry' : 'gone';
  const unknown = kind === 'email' || kind === 'gascity' ? 'retry' : 'gone';
  test.each([
    [400, 'rejected'],
    [401, closed],
    [403, closed],
    [404, unknown],
    [410, 'gone'],
    [408, 'retry'],
    [413, 'rejected'],
    [422, 'rejected'],
    [429, 'retry'],
    [302, 'retry'],
    [500, 'retry'],
  ])('takes a bare %i for %s', (status, outcome) => {
    expect(at(status).kind).toBe(outcome);
  });

  test.each([
    ['{"message":"slow down","retry_after":1.25,"global":false}', {}, 1_250],
    ['{"ok":false,"error_code":429,"parameters":{"retry_after":5}}', { 'retry-after': '3' }, 5_000],
    ['{"retry_after":1}', { 'retry-after': '3' }, 3_000],
    ['', { 'retry-after': '0.5' }, 500],
    ['{"retry_after":-1}', {}, kind === 'pagerduty' ? 120_000 : null],
  ])('reads from %s and %j to wait %s ms', (body, headers, afterMs) => {
    expect(at(429, body, headers)).toMatchObject({ kind: 'retry', afterMs });
  });

  test('shows of a redirect where it goes and not its path', () => {
    const outcome = at(307, '', { location: 'https://elsewhere.example/api/webhooks/1/token' });
    expect(outcome).toMatchObject({ detail: 'answered 307 to https://elsewhere.example: not followed' });
  });

  test('says nothing of a message that still grows or was copied', () => {
    const message = { completed_at: null, copied: false };
    const done = { completed_at: '2026-11-23T09:00:00Z', copied: false };
    expect(wants({ type: 'message.updated', data: message })).toBe(false);
    // Whoever is called out of bed is told of neither.
    expect(wants({ type: 'message.updated', data: done })).toBe(kind !== 'pagerduty');
    expect(wants({ type: 'message.updated', data: { ...done, copied: true } })).toBe(false);
    expect(wants({ type: 'session.idle', data: {} })).toBe(kind !== 'pagerduty');
  });
});

function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : [];
}
