// An event with defaults, and what is told of each type.
import type { PublicEvent } from '../../worker/event/event.ts';

export function event(given: Partial<PublicEvent> = {}): PublicEvent {
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

const scope = { by: 'member', value: 'ann@example.com' };
const budget = { name: 'team', scope, period: 'month', limit_usd: '10', spent_usd: '8.004', percent: 80 };
const line = { cost_usd: '3.2', messages: 4 };
const anomaly = { subject: { by: 'member', value: 'ann@example.com', name: 'ann@example.com' }, spent_usd: '90.5' };

/** What is told of each type: its title, and its facts without who and where. */
export const TOLD: readonly (readonly [type: string, data: object, title: string, facts: Record<string, string>])[] = [
  ['session.idle', {}, 'The agent has finished', {}],
  ['session.idle', { worked_s: 59 }, 'The agent has finished', { 'Worked for': 'less than a minute' }],
  ['session.idle', { worked_s: 7_325 }, 'The agent has finished', { 'Worked for': '2 h 2 min' }],
  ['session.stalled', { status: 'waiting', silent_s: 3_600 }, 'The agent still waits for you', { 'Waits for': '1 h' }],
  [
    'session.stalled',
    { status: 'busy', silent_s: 900 },
    'The agent has fallen silent in the middle of its work',
    { 'Silent for': '15 min' },
  ],
  ['session.resumed', { status: 'busy' }, 'The agent is heard of again', {}],
  [
    'escalation.raised',
    { severity: 'critical', bead: 'hq-7', text: 'Dolt is\ndown', channel: null, inbound: { name: 'lab' } },
    'Escalation (critical): Dolt is down',
    { Bead: 'hq-7', Acknowledge: 'gt escalate ack hq-7', 'Came by': 'lab' },
  ],
  [
    'escalation.raised',
    { severity: 'high', bead: null, text: 'x'.repeat(101), channel: 'admin' },
    `Escalation (high): ${'x'.repeat(99)}…`,
    { Text: 'x'.repeat(101), Channel: 'admin' },
  ],
  ['escalation.raised', {}, 'Escalation (severity unknown): without a text', {}],
  [
    'town.escalation_sent',
    { actor: 'mayor', payload: { rig: 'hq-7', severity: 'critical', reason: 'Dolt is\ndown' } },
    'Escalation (critical): Dolt is down',
    { Bead: 'hq-7', Acknowledge: 'gt escalate ack hq-7' },
  ],
  [
    'town.escalation_sent',
    { payload: { escalation_id: 'hq-7', new_severity: 'medium' } },
    'Escalation (medium): without a text',
    { Bead: 'hq-7', Acknowledge: 'gt escalate ack hq-7' },
  ],
  ['town.escalation_sent', { is_cut: true }, 'Escalation (severity unknown): without a text', {}],
  [
    'notice.received',
    { text: 'restarted', channel: 'status', priority: 'success', session: 'gc-7' },
    'Notice: restarted',
    { By: 'gc-7', Channel: 'status' },
  ],
  [
    'city.event',
    { type: 'bead.closed', actor: 'app/toast', subject: 'app-42', message: null },
    'In the city: bead.closed',
    { Actor: 'app/toast', Subject: 'app-42' },
  ],
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
    'endpoint.stalled',
    { name: 'ops', reason: 'late' },
    'The relay does not get to an endpoint',
    { Endpoint: 'ops', Reason: 'late' },
  ],
  [
    'endpoint.disabled',
    { name: 'ops', reason: 'gone' },
    'An endpoint was disabled',
    { Endpoint: 'ops', Reason: 'gone' },
  ],
  ['endpoint.recovered', { name: 'ops' }, 'An endpoint works again', { Endpoint: 'ops' }],
  [
    'endpoint.exhausted',
    { name: 'ops', reason: 'used up', exhausted: 3 },
    'Events were given up for an endpoint',
    { Endpoint: 'ops', Reason: 'used up' },
  ],
  [
    'mail.sent',
    { from: 'lab:app/witness', to: 'overseer', subject: 'it is\nstuck', body: 'two\nlines', priority: 'urgent' },
    'Mail for overseer: it is stuck',
    { From: 'lab:app/witness', Priority: 'urgent', Text: 'two lines' },
  ],
  [
    'mail.sent',
    { from: 'relay', to: '@town', subject: 'x', body: '', priority: 'normal' },
    'Mail for @town: x',
    { From: 'relay' },
  ],
  ['mail.sent', {}, 'Mail for somebody: without a subject', {}],
  ['mail.expired', { upto: 9, mails: 3, unread: 2 }, 'Old mail has gone', { 'Never read': '2 messages' }],
  ['mail.expired', { upto: 9, mails: 3, unread: 0 }, 'Old mail has gone', {}],
  [
    'archive.waiting',
    { endpoint: 'ep_1', until: '2026-11-30T00:00:00.000Z' },
    'An endpoint holds back the archive',
    { Endpoint: 'ep_1', Until: '2026-11-30' },
  ],
  ['custom.type', { secret: 'not told' }, 'custom.type', {}],
  ['constructor', {}, 'constructor', {}],
];
