// One suite for every kind of destination: what holds for one holds for all.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { vetFor } from '../../worker/destination/address.ts';
import { asIs, clip, escapeBy, MARKUP_ENTITIES, utf16, utf8 } from '../../worker/destination/clip.ts';
import { DESTINATION_KINDS, destinations, type DestinationKind } from '../../worker/destination/destinations.ts';
import { discordMessage } from '../../worker/destination/discord.ts';
import { spokenUsd } from '../../worker/destination/figure.ts';
import { noteOf, type Note } from '../../worker/destination/note.ts';
import { ntfyMessage } from '../../worker/destination/ntfy.ts';
import { slackMessage } from '../../worker/destination/slack.ts';
import { outgoing, type PublicEvent } from '../../worker/event/event.ts';

const NOW = Date.UTC(2026, 10, 23);
const PUBLIC_ONLY = { allowPrivate: false };

/** A good URL of each kind, and what its body must keep to. */
const KINDS: Readonly<Record<DestinationKind, { readonly url: string; readonly check: (body: any) => void }>> = {
  webhook: { url: 'https://example.com/hook', check: () => {} },
  slack: { url: 'https://hooks.slack.com/services/T1/B1/x', check: checkSlack },
  discord: { url: 'https://discord.com/api/webhooks/1/x', check: checkDiscord },
  ntfy: { url: 'https://ntfy.sh/topic', check: checkNtfy },
};
const SECRET = `whsec_${'A'.repeat(32)}`;
const CHATS = DESTINATION_KINDS.filter((kind) => kind !== 'webhook');

function event(given: Partial<PublicEvent> = {}): PublicEvent {
  return {
    id: 'acme-7',
    seq: 7,
    type: 'session.idle',
    timestamp: '2026-11-23T09:00:00.000Z',
    received_at: '2026-11-23T09:00:01.000Z',
    session: 'ses_1',
    origin: { id: 'evt_1', seq: 1 },
    source: {
      id: 'src_1',
      plugin_version: '0.1.0',
      opencode_version: null,
      host: 'laptop',
      member: 'ann@example.com',
      project: { id: 'f00d', name: 'example.com/acme/app' },
      branch: 'feat/x_y',
      town: null,
    },
    data: {},
    ...given,
  };
}

async function render(kind: DestinationKind, given: Partial<PublicEvent>, url = KINDS[kind].url) {
  const message = { event: outgoing(event(given)), url, secret: SECRET };
  return destinations[kind].render(message, NOW);
}

const scope = { by: 'member', value: 'ann@example.com' };
const budget = { name: 'team', scope, period: 'month', limit_usd: '10', spent_usd: '8.004', percent: 80 };
const line = { cost_usd: '3.2', messages: 4 };
const anomaly = { subject: { by: 'member', value: 'ann@example.com', name: 'ann@example.com' }, spent_usd: '90.5' };

/** What is told of each type: its title, and its facts without who and where. */
const TOLD: readonly (readonly [type: string, data: object, title: string, facts: Record<string, string>])[] = [
  ['session.idle', {}, 'The agent has finished', {}],
  ['session.error', { error: { name: 'APIError', status: 529 } }, 'A session failed', { Error: 'APIError (529)' }],
  ['session.error', { error: { name: 'MessageAbortedError', status: null } }, 'A session was stopped', {}],
  ['permission.asked', { permission: 'bash' }, 'The agent waits for a permission', { Permission: 'bash' }],
  ['question.asked', { questions: 1 }, 'The agent waits for an answer', { Asks: '1 question' }],
  [
    'message.updated',
    { provider: 'anthropic', model: 'opus', agent: 'build', cost_usd: '0.00396', tokens: { input: 1_200, output: 34 } },
    'A message is complete',
    { Cost: 'less than $0.01', Model: 'anthropic/opus', Agent: 'build', Tokens: '1,234' },
  ],
  [
    'budget.threshold',
    budget,
    'Budget "team" is at 80 %',
    { Spent: '$8.00 of $10.00', Period: 'month', Of: 'ann@example.com' },
  ],
  [
    'budget.forecast',
    { ...budget, scope: null, forecast_usd: '12.5' },
    'Budget "team" will be passed',
    { Spent: '$8.00 of $10.00', Forecast: '$12.50', Period: 'month' },
  ],
  [
    'digest.daily',
    {
      from: '2026-11-22T23:00:00.000Z',
      cost_usd: '1234.5',
      messages: 2_000,
      before_usd: '1000',
      change_percent: 23.4,
      members: [{ member: 'ann@example.com', ...line }],
      projects: [{ project: 'f00d', project_name: 'acme/app', ...line }],
      models: [{ provider: 'anthropic', model: 'opus', ...line }],
      unpriced: [{ provider: 'local', model: 'llama', messages: 2 }],
      budgets: [{ budget: 'bud_1', name: 'team', percent: 80 }],
    },
    'The day cost $1,234.50',
    {
      From: '2026-11-22',
      Messages: '2,000',
      Before: '$1,000.00 (+23.4 %)',
      Members: 'ann@example.com $3.20',
      Projects: 'acme/app $3.20',
      Models: 'opus $3.20',
      Budgets: 'team 80 %',
      'Without a price': 'llama 2 messages',
    },
  ],
  ['digest.weekly', { cost_usd: '0' }, 'The week cost $0.00', {}],
  [
    'anomaly.detected',
    { ...anomaly, norm_usd: '9', from: '2026-11-22T00:00:00.000Z' },
    'Unusual spend of a member',
    { Of: 'ann@example.com', Spent: '$90.50', Usual: '$9.00', Day: '2026-11-22' },
  ],
  ['endpoint.test', { hello: 'world' }, 'A test from Gasline: messages arrive here', {}],
  [
    'endpoint.overtaken',
    { endpoint: 'ep_1', positions: 12 },
    'Events have left the log before an endpoint had them',
    { Endpoint: 'ep_1', 'Passed over': '12 events' },
  ],
  ['endpoint.failing', { endpoint: 'ep_1' }, 'An endpoint fails', { Endpoint: 'ep_1' }],
  [
    'endpoint.disabled',
    { name: 'ops', reason: 'gone' },
    'An endpoint was disabled',
    { Endpoint: 'ops', Reason: 'gone' },
  ],
  ['endpoint.recovered', { name: 'ops' }, 'An endpoint works again', { Endpoint: 'ops' }],
  [
    'archive.waiting',
    { endpoint: 'ep_1', until: '2026-11-30T00:00:00.000Z' },
    'An endpoint holds back the archive',
    { Endpoint: 'ep_1', Until: '2026-11-30' },
  ],
  ['custom.type', { secret: 'not told' }, 'custom.type', {}],
  ['constructor', {}, 'constructor', {}],
];

test.each(TOLD)('of %s with %j a person reads what happened', (type, data, title, facts) => {
  const note = noteOf(event({ type, data, source: { ...event().source, id: 'relay' } }));
  expect([note.title, Object.fromEntries(note.facts.map(({ name, value }) => [name, value]))]).toEqual([title, facts]);
});

test('where it happened and who it was stands behind what happened', () => {
  const note = noteOf(event());
  expect(note.facts.map(({ name, value }) => `${name} ${value}`)).toEqual([
    'Who ann@example.com',
    'Project example.com/acme/app',
    'Branch feat/x_y',
  ]);
  expect(note.link).toBe('https://example.com/acme/app');
});

test.each([
  'app',
  'localhost/acme',
  'example.com',
  'example.com/a>b',
  'example.com/a b',
  'javascript:alert(1)',
  '../..',
])('a project named %s is no link', (name) => {
  expect(noteOf(event({ source: { ...event().source, project: { id: 'f00d', name } } })).link).toBeNull();
});

test.each([
  ['0', '$0.00'],
  ['0.000000001', 'less than $0.01'],
  ['0.004999999', 'less than $0.01'],
  ['0.005', '$0.01'],
  ['9.995', '$10.00'],
  ['1234567.891', '$1,234,567.89'],
  ['-2.5', '-$2.50'],
  ['-0.001', 'less than $0.01 back'],
  ['1e3', null],
  ['NaN', null],
])('%s dollars are spoken as %s', (usd, spoken) => {
  expect(spokenUsd(usd)).toBe(spoken);
});

const HOSTILE = [
  '<!channel> <@U123> <!subteam^S1> <https://evil.example|click>',
  '@everyone @here <@1> <@&2> <#3> <t:1:R> <a:x:1>',
  '[click](https://evil.example) *b* _i_ ~s~ `c` ||spoiler|| # h',
  '<users/all> <at>all</at> <a href="https://evil.example">x</a>',
  '&lt;!channel&gt; &amp;',
  'x\n@everyone\r\n- list\u2028> quote \u202egnp',
  '𝒳👩‍👩‍👧🏽'.repeat(900),
  '&'.repeat(4_000),
  '*'.repeat(9_000),
];
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
const hostileEvent = fc
  .record({ type: fc.oneof(fc.constantFrom(...TOLD.map(([type]) => type)), text), data: hostileData, word: text })
  .map(({ type, data, word }) =>
    event({
      type,
      data,
      source: { ...event().source, member: word, project: { id: 'f00d', name: word }, branch: word },
    }),
  );

describe.each(DESTINATION_KINDS)('%s', (kind) => {
  const { url, check } = KINDS[kind];

  test('renders every type within its limits, without a mention, the same each time', async () => {
    for (const [type, data] of TOLD) {
      const rendered = await render(kind, { type, data });
      expect(await render(kind, { type, data })).toEqual(rendered);
      check(JSON.parse(rendered.body));
    }
  });

  test('renders whatever anybody could have written in the same way', async () => {
    await fc.assert(
      fc.asyncProperty(hostileEvent, async (given) => {
        const rendered = await render(kind, given);
        expect(rendered).toEqual(await render(kind, given));
        expect(rendered.body.isWellFormed()).toBe(true);
        check(JSON.parse(rendered.body));
      }),
      { numRuns: 150 },
    );
  });

  test('makes something of every answer, and takes 2xx alone for delivered', () => {
    const bodies = ['', 'ok', 'invalid_token', '{"retry_after":1e999}', '{"retry_after": 0.5', '<html>', '\u0000'];
    for (let status = 100; status <= 599; status += 1) {
      for (const body of bodies) {
        const headers = new Headers(status % 2 === 0 ? {} : { 'retry-after': 'soon', location: 'nowhere' });
        const outcome = destinations[kind].classify({ status, headers, body }, NOW);
        expect(outcome.kind === 'delivered').toBe(status >= 200 && status < 300);
        if (outcome.kind === 'retry') expect(outcome.afterMs === null || Number.isFinite(outcome.afterMs)).toBe(true);
        if (status === 410) expect(outcome.kind).toBe('gone');
        if (status >= 500 || status === 429) expect(outcome.kind).toBe('retry');
      }
    }
  });

  test('honours Retry-After', () => {
    const answer = { status: 429, headers: new Headers({ 'retry-after': '30' }), body: '' };
    expect(destinations[kind].classify(answer, NOW)).toMatchObject({ kind: 'retry', afterMs: 30_000 });
  });

  test('may have its own URL', () => {
    expect(vetFor(destinations[kind], url, PUBLIC_ONLY).ok).toBe(true);
  });
});

describe.each(CHATS)('%s, which people read,', (kind) => {
  const { classify, wants } = destinations[kind];
  const at = (status: number, body = '', headers = {}) =>
    classify({ status, headers: new Headers(headers), body }, NOW);

  test.each([
    [400, 'rejected'],
    [401, 'gone'],
    [403, 'gone'],
    [404, 'gone'],
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
    ['{"retry_after":-1}', {}, null],
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
    expect(wants({ type: 'message.updated', data: done })).toBe(true);
    expect(wants({ type: 'message.updated', data: { ...done, copied: true } })).toBe(false);
    expect(wants({ type: 'session.idle', data: {} })).toBe(true);
  });
});

test.each([
  ['slack', 404, 'no_service', 'gone'],
  ['slack', 400, 'invalid_token', 'gone'],
  ['slack', 410, 'channel_is_archived', 'gone'],
  ['slack', 400, 'user_not_found', 'gone'],
  ['slack', 400, 'invalid_blocks', 'rejected'],
  ['slack', 403, 'invalid_payload', 'rejected'],
  ['slack', 500, 'rollup_error', 'retry'],
  ['discord', 404, '{"message": "Unknown Webhook", "code": 10015}', 'gone'],
  ['discord', 401, '{"message": "Invalid Webhook Token", "code": 50027}', 'gone'],
  ['discord', 400, '{"code": 50035, "message": "Invalid Form Body"}', 'rejected'],
  ['ntfy', 413, '{"code":41302}', 'rejected'],
  ['ntfy', 507, '{"code":50701}', 'retry'],
] as const)('%s: %i with %s is %s', (kind, status, body, outcome) => {
  expect(destinations[kind].classify({ status, headers: new Headers(), body }, NOW).kind).toBe(outcome);
});

test.each([
  ['slack', 'https://hooks.slack.com.evil.example/services/T/B/x', 'url must be at hooks.slack.com'],
  ['slack', 'https://hooks.slack.com/workflows/T/B/x', 'url must be that of an incoming webhook'],
  ['slack', 'https://discord.com/api/webhooks/1/x', 'url must be at hooks.slack.com'],
  ['discord', 'https://discord.com/channels/1/2', 'url must be that of a webhook'],
  ['discord', 'https://evildiscord.com/api/webhooks/1/x', 'url must be at discord.com'],
  ['ntfy', 'https://ntfy.sh/', 'url must be that of a topic'],
  ['ntfy', 'https://ntfy.sh/topic/json', 'url must be that of a topic'],
  ['ntfy', 'https://192.168.0.1/topic', 'url must name a public server'],
] as const)('%s may not have the URL %s', (kind, url, words) => {
  const vetted = vetFor(destinations[kind], url, PUBLIC_ONLY);
  expect(!vetted.ok && vetted.error.slice(0, words.length)).toBe(words);
});

test('an operator that allows private endpoints may put a receiver in the place of a target', () => {
  const url = 'http://127.0.0.1:9/services/T/B/x';
  expect(vetFor(destinations.slack, url, PUBLIC_ONLY).ok).toBe(false);
  expect(vetFor(destinations.slack, url, { allowPrivate: true }).ok).toBe(true);
});

test('discord is asked to say whether it saved the message, and keeps what the URL holds', async () => {
  const { url } = await render('discord', {}, `${KINDS.discord.url}?thread_id=5`);
  expect(url).toBe('https://discord.com/api/webhooks/1/x?thread_id=5&wait=true');
});

test("ntfy gets JSON at the server's root, its topic within", async () => {
  const { url, body } = await render('ntfy', {}, 'https://ntfy.sh/topic?auth=x');
  expect([url, JSON.parse(body).topic]).toEqual(['https://ntfy.sh/?auth=x', 'topic']);
});

function note(given: Partial<Note>): Note {
  const timestamp = '2026-11-23T09:00:00.000Z';
  return { id: 'acme-7', tone: 'good', title: 'title', facts: [], link: null, timestamp, ...given };
}

/** A text that takes exactly so much when written, how it is counted, and where it stands in the body. */
const LIMITS: readonly (readonly [
  what: string,
  limit: number,
  size: (text: string) => number,
  write: (text: string) => string,
])[] = [
  ['a header of Slack', 150, utf16, (title) => (slackMessage(note({ title })) as any).blocks[0].text.text],
  [
    'a field of Slack',
    2_000,
    utf16,
    (value) => (slackMessage(note({ facts: [{ name: 'A', value }] })) as any).blocks[1].fields[0].text,
  ],
  ['a title of Discord', 256, utf16, (title) => (discordMessage(note({ title })) as any).embeds[0].title],
  [
    'a value of Discord',
    1_024,
    utf16,
    (value) => (discordMessage(note({ facts: [{ name: 'A', value }] })) as any).embeds[0].fields[0].value,
  ],
  [
    'a message of ntfy',
    4_096,
    utf8,
    (value) => (ntfyMessage(note({ facts: [{ name: 'A', value }] }), 't') as any).message,
  ],
];

describe.each(LIMITS)('%s', (_, limit, size, write) => {
  const besides = size(write('x')) - 1;

  test.each(['x', '&', '*', '😀', 'é'])('of "%s" is whole up to its limit and cut beyond it', (character) => {
    const one = size(write(character)) - besides;
    // The rest is made up of what takes one.
    const ofLength = (length: number) =>
      character.repeat(Math.floor((length - besides) / one)) + 'x'.repeat((length - besides) % one);
    for (const length of [limit - 1, limit]) {
      const written = write(ofLength(length));
      expect([size(written), written.endsWith('…')]).toEqual([length, false]);
    }
    const cut = write(ofLength(limit + 1));
    expect(cut.endsWith('…')).toBe(true);
    expect(size(cut)).toBeLessThanOrEqual(limit);
    expect(size(cut)).toBeGreaterThan(limit - one - size('…'));
    expect(cut.isWellFormed()).toBe(true);
  });
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
        if (size(given) <= limit) expect(clipped).toBe(given);
      }
    }),
  );
});

/** Every text in a JSON value, with the name of its field. */
function textsOf(value: unknown, name = ''): [string, string][] {
  if (typeof value === 'string') return [[name, value]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => textsOf(inner, Array.isArray(value) ? name : key));
}

function checkSlack(body: any): void {
  expect(body.blocks.length).toBeLessThanOrEqual(50);
  expect(body.blocks[0].text.text.length).toBeLessThanOrEqual(150);
  let total = 0;
  for (const block of body.blocks) {
    if (block.type === 'context') {
      expect(block.elements[0].text).toMatch(/^<https:\/\/[\w./-]+\|Repository>$/);
      continue;
    }
    expect((block.fields ?? []).length).toBeLessThanOrEqual(10);
    for (const { type, text } of block.fields ?? [block.text]) {
      expect(type).toBe('plain_text');
      expect(text.length).toBeGreaterThan(0);
      expect(text.length).toBeLessThanOrEqual(2_000);
      expect(text).not.toMatch(/[<>\n]|&(?!(?:amp|lt|gt);)/);
      total += text.length;
    }
  }
  expect(body.text).not.toMatch(/[<>\n]|&(?!(?:amp|lt|gt);)/);
  expect(body.mrkdwn).toBe(false);
  expect(total + body.text.length).toBeLessThanOrEqual(12_000);
}

function checkDiscord(body: any): void {
  expect(body.allowed_mentions).toEqual({ parse: [] });
  expect(Object.keys(body)).toEqual(['embeds', 'allowed_mentions']);
  const [{ title, fields }] = body.embeds;
  expect(title.length).toBeLessThanOrEqual(256);
  expect(fields.length).toBeLessThanOrEqual(25);
  let total = title.length;
  for (const { name, value } of fields) {
    for (const text of [name, value]) expect(text.length).toBeGreaterThan(0);
    expect(name.length).toBeLessThanOrEqual(256);
    expect(value.length).toBeLessThanOrEqual(1_024);
    total += name.length + value.length;
  }
  expect(total).toBeLessThanOrEqual(6_000);
  // Taking every escaped pair away leaves no punctuation that could mean something.
  for (const [, text] of [['', title], ...textsOf(fields)]) {
    expect(text.replaceAll(/\\[!-/:-@[-`{-~]/g, '')).not.toMatch(/[!-/:-@[-`{-~]/);
  }
}

function checkNtfy(body: any): void {
  expect(utf8(body.message)).toBeLessThanOrEqual(4_096);
  expect(utf8(body.title)).toBeLessThanOrEqual(1_000);
  expect(body.message).not.toBe('');
  expect(body.topic).toBe('topic');
  expect(body).not.toHaveProperty('markdown');
}
