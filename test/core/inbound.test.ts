// What towns and cities say by their hooks: the texts as their programs write them, and what nobody should.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { cityEvent as tellCity } from '../../worker/destination/gascity.ts';
import { EVENT_TYPES, exampleOf } from '../../worker/event/example.ts';
import { MAX_TEXT } from '../../worker/event/heard.ts';
import { readLines, readPublished, readText, type TextKind } from '../../worker/event/inbound.ts';

/** As gastown v1.0.1 formats them (internal/cmd/escalate_impl.go). */
const EMOJI: Readonly<Record<string, string>> = { critical: '🔴', high: '🟠', medium: '🟡', low: '⚪' };
const slackText = (severity: string, bead: string, text: string) =>
  `${EMOJI[severity]} *[${severity.toUpperCase()}] Escalation ${bead}*\n${text}\n_Acknowledge: \`gt escalate ack ${bead}\`_`;
const smsText = (severity: string, bead: string, text: string) =>
  `[Gas Town ${severity.toUpperCase()}] ${text} (bead: ${bead})`;
const slackBody = (...given: Parameters<typeof slackText>) => JSON.stringify({ text: slackText(...given) });
const smsBody = (...given: Parameters<typeof smsText>) => JSON.stringify({ to: '+15550100', body: smsText(...given) });

const escalation = (data: object) => ({
  ok: true,
  value: { type: 'escalation.raised', data: { bead: null, channel: null, ...data } },
});
const notice = (data: object) => ({
  ok: true,
  value: { type: 'notice.received', data: { channel: null, priority: null, ...data } },
});

describe('an escalation is read from what gastown writes', () => {
  test.each<[TextKind, string, object]>([
    [
      'slack',
      slackBody('critical', 'hq-7k2', 'Dolt is down'),
      { severity: 'critical', bead: 'hq-7k2', text: 'Dolt is down' },
    ],
    [
      'slack',
      slackBody('high', 'gt-wisp-ab', 'two\nlines'),
      { severity: 'high', bead: 'gt-wisp-ab', text: 'two\nlines' },
    ],
    ['slack', slackBody('medium', 'hq-1', 'a *b* `c`'), { severity: 'medium', bead: 'hq-1', text: 'a *b* `c`' }],
    ['slack', slackBody('low', 'hq-1', ''), { severity: 'low', bead: 'hq-1', text: '' }],
    [
      'slack',
      slackBody('high', 'hq-1', slackText('low', 'hq-2', 'nested')),
      { severity: 'high', bead: 'hq-1', text: slackText('low', 'hq-2', 'nested') },
    ],
    [
      'sms',
      smsBody('critical', 'hq-7k2', 'Dolt is down'),
      { severity: 'critical', bead: 'hq-7k2', text: 'Dolt is down' },
    ],
    [
      'sms',
      smsBody('high', 'hq-2', 'like (bead: hq-1) before'),
      { severity: 'high', bead: 'hq-2', text: 'like (bead: hq-1) before' },
    ],
    [
      'sms',
      JSON.stringify({ body: '[Gas Town HIGH] cut off by the provi' }),
      { severity: 'high', text: 'cut off by the provi' },
    ],
    // By the script of the README, with what the daemon says (internal/daemon: "admin" or "status"; critical, high, info, success).
    [
      'gt-notify',
      'channel=admin&priority=critical&message=Deacon+restart+FAILED',
      { severity: 'critical', channel: 'admin', text: 'Deacon restart FAILED' },
    ],
    [
      'gt-notify',
      JSON.stringify({ channel: 'admin', priority: 'high', message: 'Deacon was stuck' }),
      { severity: 'high', channel: 'admin', text: 'Deacon was stuck' },
    ],
  ])('%s %s', (kind, body, data) => {
    expect(readText(kind, body)).toEqual(escalation(data));
  });
});

describe('anything else is a notice', () => {
  test.each<[TextKind, string, object]>([
    ['slack', '{"text":"deploy done"}', { text: 'deploy done' }],
    ['slack', `payload=${encodeURIComponent('{"text":"in a form"}')}`, { text: 'in a form' }],
    ['slack', 'text=a+form', { text: 'a form' }],
    ['slack', '\n no JSON, a=b \n', { text: 'no JSON, a=b' }],
    ['slack', '"a JSON text"', { text: 'a JSON text' }],
    ['slack', '{"text":"cut', { text: '{"text":"cut' }],
    [
      'slack',
      JSON.stringify({ text: '*[CRITICAL] Escalation hq-1*\nwithout its mark' }),
      { text: '*[CRITICAL] Escalation hq-1*\nwithout its mark' },
    ],
    ['slack', JSON.stringify({ text: '🔴 *[FATAL] Escalation hq-1*\nx' }), { text: '🔴 *[FATAL] Escalation hq-1*\nx' }],
    [
      'sms',
      JSON.stringify({ body: 'see [Gas Town HIGH] x (bead: hq-1)' }),
      { text: 'see [Gas Town HIGH] x (bead: hq-1)' },
    ],
    ['gt-notify', 'channel=status&priority=success&message=up', { text: 'up', channel: 'status', priority: 'success' }],
    ['gt-notify', 'message=m&priority=constructor', { text: 'm', priority: 'constructor' }],
    ['gt-notify', '{"message":"m","channel":7,"priority":["high"]}', { text: 'm' }],
    ['slack', '{"text":"\\ud800\\u0000\\u001b[31m<!channel>"}', { text: '\ufffd\u0000\u001b[31m<!channel>' }],
  ])('%s %s', (kind, body, data) => {
    expect(readText(kind, body)).toEqual(notice(data));
  });
});

test.each<[TextKind, string, string]>([
  ['slack', '', 'text: must not be empty'],
  ['slack', '{"text":"  "}', 'text: must not be empty'],
  ['slack', '{"blocks":[]}', 'text: must be text'],
  ['slack', '{"text":{"a":1}}', 'text: must be text'],
  ['sms', '[]', 'body: must be text'],
  ['sms', '{"text":"of another kind"}', 'body: must be text'],
  ['gt-notify', 'message=', 'message: must not be empty'],
])('%s %j is refused: %s', (kind, body, detail) => {
  expect(readText(kind, body)).toEqual({ ok: false, error: detail });
});

test('whatever is escalated comes out as it went in, by both ways', () => {
  const severity = fc.constantFrom('critical', 'high', 'medium', 'low');
  const bead = fc.stringMatching(/^[a-z]{1,8}-[a-z0-9.-]{1,20}$/);
  const text = fc.string({ unit: 'binary', maxLength: 300 }).map((given) => given.toWellFormed().trim());
  fc.assert(
    fc.property(severity, bead, text, (level, id, said) => {
      const expected = escalation({ severity: level, bead: id, text: said });
      expect(readText('slack', slackBody(level, id, said))).toEqual(expected);
      expect(readText('sms', smsBody(level, id, said))).toEqual(expected);
    }),
  );
});

test('a text is cut where it is too long, the bead at its end known all the same', () => {
  const text = '😀'.repeat(MAX_TEXT);
  for (const read of [
    readText('slack', slackBody('high', 'hq-1', text)),
    readText('sms', smsBody('high', 'hq-1', text)),
  ]) {
    const { bead, text: kept } = (read as unknown as { value: { data: { bead: string; text: string } } }).value.data;
    expect([bead, kept.length <= MAX_TEXT, kept.isWellFormed(), kept.endsWith('😀…')]).toEqual([
      'hq-1',
      true,
      true,
      true,
    ]);
  }
});

test('a text made to be hard to read is read at once', () => {
  const hard = [
    '[Gas Town HIGH] ',
    '(bead: '.repeat(15_000),
    ' '.repeat(20_000),
    '\n_Acknowledge: `gt escalate ack '.repeat(500),
  ];
  const started = performance.now();
  readText('sms', JSON.stringify({ body: hard.join('') }));
  readText('slack', JSON.stringify({ text: `🔴 *[HIGH] Escalation hq-1*\n${hard.join('')}` }));
  expect(performance.now() - started).toBeLessThan(500);
});

const said = { session_id: 'gc-7', text: ' hello ', idempotency_key: 'k' };
const to = { scope_id: 's', provider: 'slack', account_id: 'T1', conversation_id: 'C1', kind: 'room' };

test('what an agent of a city publishes is a notice with its conversation, and no escalation', () => {
  expect(readPublished(JSON.stringify({ ...said, conversation: { ...to, more: { deep: 1 } } }))).toEqual({
    ok: true,
    value: { text: 'hello', channel: null, priority: null, session: 'gc-7', conversation: to, key: 'k' },
  });
  const text = slackText('high', 'hq-1', 'x');
  expect(readPublished(JSON.stringify({ text, conversation: 'none' }))).toMatchObject({
    value: { text, session: null, conversation: {} },
  });
  expect(readPublished('{"conversation":{}}')).toEqual({ ok: false, error: 'text: must be text' });
});

describe('lines', () => {
  const event = { seq: 3, type: 'bead.closed', ts: '2026-11-23T09:00:00+01:00', actor: 'app/toast', subject: 'app-42' };
  const lines = (...given: unknown[]) => given.map((one) => JSON.stringify(one)).join('\n');

  test("an event of a city's keeps its fields, and a payload that is not too large", () => {
    const given = { ...event, message: 'done', run_id: 'r', session_id: 's', step_id: 't', payload: { a: [1] } };
    const read = readLines('gc-events', `${lines(given)}\n\n`);
    const { run_id: run, session_id: session, step_id: step, ...same } = given;
    expect(read).toEqual({
      ok: true,
      value: { heard: [{ type: 'city.event', data: { ...same, run, session, step } }], ignored: 0, rejected: [] },
    });
    const large = readLines('gc-events', lines({ ...event, payload: 'x'.repeat(8_001) }));
    expect(large).toMatchObject({ value: { heard: [{ data: { payload: null } }] } });
  });

  test('what we told the city does not come back, what is wrong is rejected by its index', () => {
    const read = readLines(
      'gc-events',
      `${lines({ ...event, type: 'gasline.session.idle' }, { actor: 'x' }, event)}\n{"`,
    );
    expect(read).toMatchObject({
      value: {
        heard: [{ data: { type: 'bead.closed' } }],
        ignored: 1,
        rejected: [
          { index: 1, detail: 'type: is missing' },
          { index: 3, detail: expect.stringContaining('not JSON') },
        ],
      },
    });
  });

  test('whatever we tell a city is ignored when it comes back', () => {
    for (const type of EVENT_TYPES) {
      const told = exampleOf(type, { id: 'acme-7', at: 0 });
      expect(readLines('gc-events', lines(tellCity(told)))).toMatchObject({ value: { heard: [], ignored: 1 } });
    }
  });

  test.each([
    [{ kind: 'model', cost_usd_estimate: 0.0195 }, { estimate_usd: '0.0195' }],
    [{ kind: 'model', at: 1_795_424_400_000 }, { used_at: '2026-11-23T09:00:00.000Z' }],
    [{ kind: 'model', cost_usd_estimate: 1e-7 }, { estimate_usd: '0.0000001' }],
    [{ kind: 'model', cost_usd_estimate: 200 }, { estimate_usd: '200' }],
    [{ kind: 'model' }, { estimate_usd: '0', tokens: { input: 0, output: 0, cache_read: 0, cache_write: 0 } }],
    // "Not measured, not free."
    [
      { kind: 'model', unpriced: true, input_tokens: 5 },
      { estimate_usd: null, tokens: { input: 5 } },
    ],
    [
      { kind: 'compute', wall_seconds: 12.5, runtime: 'local' },
      { wall_s: 12.5, runtime: 'local' },
    ],
    [
      {
        kind: 'model',
        run_id: 'r',
        session_id: 's',
        model: 'opus',
        provider: 'anthropic',
        cache_creation_tokens: 7,
        idempotency_key: 'k',
      },
      { run: 'r', session: 's', model: 'opus', provider: 'anthropic', tokens: { cache_write: 7 }, key: 'k' },
    ],
  ])('the fact %j is %j', (given, data) => {
    expect(readLines('gc-usage', lines(given))).toMatchObject({ value: { heard: [{ type: 'city.usage', data }] } });
  });

  test.each([
    [{}, 'kind: is missing'],
    [{ kind: 'else' }, 'kind: must be model or compute, got "else"'],
    [{ kind: 'model', input_tokens: -1 }, 'input_tokens: must be'],
    [{ kind: 'model', input_tokens: '5' }, 'input_tokens: must be a number'],
    [{ kind: 'model', at: 1e300 }, 'at: must'],
    [{ kind: 'model', cost_usd_estimate: -1 }, 'cost_usd_estimate: must not be negative'],
    [[], 'kind'],
    [null, 'body: must be'],
  ])('the fact %j is rejected: %s', (given, detail) => {
    expect(readLines('gc-usage', lines(given))).toMatchObject({
      value: { heard: [], rejected: [{ index: 0, detail: expect.stringContaining(detail) }] },
    });
  });

  test('none and too many are refused', () => {
    expect(readLines('gc-usage', ' \n ')).toMatchObject({ ok: false });
    expect(readLines('gc-usage', '1\n'.repeat(1_001))).toMatchObject({
      ok: false,
      error: expect.stringContaining('1000'),
    });
  });
});
