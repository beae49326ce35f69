// What is an alert, what two events must have in common to be one, and what ends it.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { alertOf, ENDS, isAlert } from '../../worker/destination/alert.ts';
import { dedupKey, pagerduty } from '../../worker/destination/pagerduty.ts';
import { outgoing } from '../../worker/event/event.ts';
import { event } from './told.ts';

const budget = { budget: 'bud_1', from: '2026-11-01T00:00:00.000Z' };
const anomaly = { subject: { by: 'member', value: 'ann@example.com' }, from: '2026-11-22T00:00:00.000Z' };
const failed = { error: { name: 'APIError', status: 500 } };

test.each([
  ['session.error', failed, 'trigger', ['session', 'ses_1']],
  ['question.asked', { request: 'que_1', questions: 1 }, 'trigger', ['session', 'ses_1']],
  ['session.status', { status: 'busy' }, 'resolve', ['session', 'ses_1']],
  ['session.deleted', {}, 'resolve', ['session', 'ses_1']],
  ['permission.asked', { request: 'per_1' }, 'trigger', ['permission', 'ses_1', 'per_1']],
  ['permission.replied', { request: 'per_1' }, 'resolve', ['permission', 'ses_1', 'per_1']],
  ['budget.threshold', { ...budget, percent: 100 }, 'trigger', ['budget', 'bud_1', '2026-11-01T00:00:00.000Z']],
  ['budget.threshold', { ...budget, percent: 130 }, 'trigger', ['budget', 'bud_1', '2026-11-01T00:00:00.000Z']],
  ['anomaly.detected', anomaly, 'trigger', ['anomaly', 'member', 'ann@example.com', '2026-11-22T00:00:00.000Z']],
  ['endpoint.failing', { endpoint: 'ep_2' }, 'trigger', ['endpoint', 'ep_2']],
  ['endpoint.disabled', { endpoint: 'ep_2' }, 'trigger', ['endpoint', 'ep_2']],
  ['endpoint.recovered', { endpoint: 'ep_2' }, 'resolve', ['endpoint', 'ep_2']],
  ['endpoint.overtaken', { endpoint: 'ep_2' }, 'trigger', ['event', 'acme-7']],
  ['endpoint.exhausted', { endpoint: 'ep_2' }, 'trigger', ['event', 'acme-7']],
  ['session.stalled', { status: 'busy' }, 'trigger', ['stalled', 'ses_1']],
  ['session.resumed', { status: 'busy' }, 'resolve', ['stalled', 'ses_1']],
  ['escalation.raised', { severity: 'medium', bead: 'hq-7' }, 'trigger', ['escalation', 'hq-7']],
  ['budget.forecast', budget, 'trigger', ['event', 'acme-7']],
  ['mail.sent', { priority: 'urgent' }, 'trigger', ['event', 'acme-7']],
  ['deploy.broken', {}, 'trigger', ['event', 'acme-7']],
  ['constructor', {}, 'trigger', ['event', 'acme-7']],
] as const)('%s with %j is one: %s %j', (type, data, action, about) => {
  expect(isAlert({ type, data })).toBe(true);
  expect(alertOf(event({ type, data }))).toEqual({ action, about });
});

test.each([
  ['session.error', { error: { name: 'MessageAbortedError', status: null } }],
  // OpenCode says so right after it failed.
  ['session.idle', {}],
  ['session.status', { status: 'retry', attempt: 1 }],
  ['session.created', {}],
  ['message.updated', failed],
  ['budget.threshold', { ...budget, percent: 99 }],
  ['budget.threshold', budget],
  ['digest.daily', {}],
  ['prices.changed', {}],
  ['escalation.raised', { severity: 'low', bead: 'hq-7' }],
  ['notice.received', { text: 'x', priority: 'info' }],
  ['city.event', { type: 'bead.closed' }],
  ['city.usage', { kind: 'model' }],
  ['mail.sent', { priority: 'normal' }],
  ['mail.read', { ids: ['mail_1'] }],
  ['spool.dropped', { events: 1 }],
])('%s with %j is none', (type, data) => {
  expect(isAlert({ type, data })).toBe(false);
});

test('what ends others is about the same as they are', () => {
  const data = { request: 'per_1', endpoint: 'ep_2', status: 'busy' };
  for (const [type, begun] of ENDS) {
    for (const other of begun) {
      expect(alertOf(event({ type, data }))).toEqual({
        ...alertOf(event({ type: other, data })),
        action: 'resolve',
      });
    }
  }
});

test('what happened in no session is an alert of its own', () => {
  const given = { type: 'session.error', session: null, data: failed };
  expect(alertOf(event(given)).about).not.toEqual(alertOf(event({ ...given, id: 'acme-8' })).about);
});

describe('a key', () => {
  test.each([254, 255, 256, 1_000])(
    'of %i characters is one that PagerDuty takes, and the same each time',
    async (length) => {
      const parts = ['ep_1', 'session', 'x'.repeat(length - 'ep_1/session/'.length)];
      const key = await dedupKey(parts);
      expect(key.length).toBe(Math.min(length, 255));
      expect(key === parts.join('/')).toBe(length <= 255);
      expect(await dedupKey(parts)).toBe(key);
    },
  );

  test('is another for whatever differs, however long it is', async () => {
    const part = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ minLength: 250, maxLength: 300 }));
    const parts = fc.array(part, { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(parts, parts, async (one, other) => {
        const whole = (given: readonly string[]) => JSON.stringify(given.map((text) => text.toWellFormed()));
        expect((await dedupKey(one)) === (await dedupKey(other))).toBe(whole(one) === whole(other));
        expect((await dedupKey(one)).length).toBeLessThanOrEqual(255);
      }),
    );
  });
});

test.each([
  ['critical', 'critical'],
  ['high', 'error'],
  ['medium', 'warning'],
])("a town's %s is PagerDuty's %s", async (severity, expected) => {
  const url = `https://events.pagerduty.com/integration/${'0a'.repeat(16)}/enqueue`;
  const raised = event({ type: 'escalation.raised', session: null, data: { severity, bead: 'hq-7', text: 'x' } });
  const message = { url, endpoint: 'ep_1', keys: [], format: 'standard' as const, event: outgoing(raised) };
  expect(JSON.parse((await pagerduty.render(message, 0)).body)).toMatchObject({ payload: { severity: expected } });
});

test('a resolve says what it resolves and nothing else, a trigger what there is to know', async () => {
  const url = `https://events.pagerduty.com/integration/${'0a'.repeat(16)}/enqueue`;
  const message = { url, endpoint: 'ep_1', keys: [], format: 'standard' as const };
  const send = async (type: string, data: object) => {
    const sent = { event: outgoing(event({ type, data }), '1.5'), ...message };
    return JSON.parse((await pagerduty.render(sent, 0)).body) as unknown;
  };
  const head = { routing_key: '0a'.repeat(16), dedup_key: 'ep_1/session/ses_1' };
  expect(await send('session.status', { status: 'busy' })).toEqual({ ...head, event_action: 'resolve' });
  const facts = 'Error: APIError (500) · Cost so far: $1.50 · Who: ann@example.com · Project: example.com/acme/app';
  expect(await send('session.error', failed)).toEqual({
    ...head,
    event_action: 'trigger',
    client: 'Gasline',
    payload: {
      summary: `A session failed · ${facts} · Branch: feat/x_y`,
      source: 'laptop',
      severity: 'error',
      timestamp: '2026-11-23T09:00:00.000Z',
      class: 'session.error',
      custom_details: {
        Error: 'APIError (500)',
        'Cost so far': '$1.50',
        Who: 'ann@example.com',
        Project: 'example.com/acme/app',
        Branch: 'feat/x_y',
      },
    },
    links: [{ href: 'https://example.com/acme/app', text: 'Repository' }],
  });
});
