// An example of each type, for whoever wants to see what an endpoint makes of it before one happens.
import type { EventData, Source } from '../../plugin/contract.ts';
import type { PublicEvent } from './event.ts';
import { RELAY, RELAY_ID } from './own.ts';

const SOURCE: Source = {
  id: 'src_example',
  plugin_version: '0.1.0',
  opencode_version: '1.0.0',
  host: 'laptop',
  member: 'ada@example.com',
  project: { id: 'f00dfeed', name: 'example.com/acme/app' },
  branch: 'main',
  town: { town: 'acme-town', role: 'polecat', rig: 'app', worker: 'toast', bead: 'app-42' },
};

const created_at = '2026-11-23T09:00:00.000Z';
const day = { from: '2026-11-22T00:00:00.000Z', to: '2026-11-23T00:00:00.000Z' };
const info = { parent: null, created_at, title: null };

/** What OpenCode's sources say. */
const OF_SOURCES: { readonly [T in keyof EventData]: EventData[T] } = {
  'session.created': info,
  'session.updated': info,
  'session.reverted': { ...info, message: 'msg_example' },
  'session.deleted': info,
  'session.idle': {},
  'session.compacted': {},
  'session.status': { status: 'retry', attempt: 2, next_at: '2026-11-23T09:00:30.000Z' },
  'session.error': { error: { name: 'APIError', status: 529 } },
  'message.updated': {
    message: 'msg_example',
    kind: 'chat',
    provider: 'anthropic',
    model: 'claude-sonnet-4-5',
    variant: null,
    agent: 'build',
    created_at,
    completed_at: '2026-11-23T09:00:12.000Z',
    cost_usd: '0.024',
    tokens: { input: 1_000, output: 500, reasoning: 200, cache_read: 10_000, cache_write: 2_000 },
    copied: false,
    error: null,
  },
  'message.removed': { message: 'msg_example' },
  'permission.asked': { request: 'per_example', permission: 'bash' },
  'permission.replied': { request: 'per_example', reply: 'once' },
  'question.asked': { request: 'que_example', questions: 1 },
  'todo.updated': { pending: 2, in_progress: 1, completed: 3, cancelled: 0 },
  'spool.dropped': { reason: 'size', events: 40, first_seq: 101, last_seq: 140 },
};

const endpoint = {
  endpoint: 'ep_example',
  name: 'ops',
  kind: 'webhook',
  state: 'enabled',
  since: '2026-11-23T08:00:00.000Z',
  reason: 'nothing was delivered for 1 hour: answered 500',
  by: null,
  error: 'answered 500',
  status: 500,
  behind: 12,
  waiting: 3,
};

const settled = { address: 'overseer', ids: ['mail_example'], by: 'tok_example' };

const budget = {
  budget: 'bud_example',
  name: 'team',
  scope: null,
  period: 'month',
  from: '2026-11-01T00:00:00.000Z',
  to: '2026-12-01T00:00:00.000Z',
  limit_usd: '200',
  spent_usd: '150.25',
  percent: 75,
};

const digest = {
  ...day,
  zone: 'UTC',
  cost_usd: '42.5',
  messages: 310,
  before_usd: '40',
  change_percent: 6.2,
  members: [{ member: SOURCE.member, cost_usd: '42.5', messages: 310 }],
  projects: [{ project: 'f00dfeed', project_name: 'example.com/acme/app', cost_usd: '42.5', messages: 310 }],
  models: [{ provider: 'anthropic', model: 'claude-sonnet-4-5', cost_usd: '42.5', messages: 310 }],
  discarded_usd: '1.5',
  corrections_usd: '0',
  unpriced: [{ provider: 'acme', model: 'm1', messages: 2 }],
  budgets: [budget],
};

/** What the relay says itself. */
const OF_RELAY = {
  'endpoint.test': { hello: 'world' },
  'endpoint.failing': endpoint,
  'endpoint.stalled': { ...endpoint, reason: 'events are due and the relay has not tried for 10 minutes' },
  'endpoint.disabled': { ...endpoint, state: 'disabled', reason: 'nothing was delivered for 5 days: answered 500' },
  'endpoint.recovered': { ...endpoint, reason: 'events are delivered again', behind: 0, waiting: 0 },
  'endpoint.exhausted': {
    ...endpoint,
    reason: 'the tries of 2 events are used up',
    error: null,
    status: null,
    exhausted: 2,
  },
  'endpoint.overtaken': { endpoint: 'ep_example', cursor: 120, to: 160, positions: 40, retries: 1 },
  'archive.waiting': { endpoint: 'ep_example', cursor: 120, needs_after: 118, until: '2026-11-30T09:00:00.000Z' },
  'budget.threshold': { ...budget, threshold: 75 },
  'budget.forecast': { ...budget, forecast_usd: '231.75' },
  'digest.daily': digest,
  'digest.weekly': { ...digest, from: '2026-11-16T00:00:00.000Z' },
  'anomaly.detected': {
    rule: 'member.day',
    subject: { by: 'member', value: SOURCE.member, name: SOURCE.member },
    ...day,
    spent_usd: '90.5',
    norm_usd: '12',
    bound_usd: '36',
    days: 28,
    samples: 18,
  },
  'mail.sent': {
    id: 'mail_example',
    from: 'app/polecats/toast',
    to: 'overseer',
    subject: 'The tests pass',
    body: 'app-42 is ready to be looked at.',
    priority: 'high',
    type: 'notification',
    thread_id: 'mail_example',
    recipients: ['overseer'],
    by: 'tok_example',
  },
  'mail.acknowledged': settled,
  'mail.read': settled,
  'mail.unread': settled,
  'mail.expired': { upto: 120, mails: 12, unread: 1 },
  'session.stalled': { status: 'waiting', since: created_at, silent_s: 900 },
  'session.resumed': { status: 'busy', told_at: '2026-11-23T09:15:00.000Z' },
  'escalation.raised': {
    severity: 'high',
    bead: 'hq-42',
    text: 'The refinery of app is stuck on a conflict.',
    channel: null,
    inbound: { id: 'tok_example', name: 'acme-town', kind: 'slack' },
  },
  'notice.received': {
    text: 'Deacon restarted.',
    channel: 'status',
    priority: 'success',
    inbound: { id: 'tok_example', name: 'acme-town', kind: 'gt-notify' },
  },
  'city.event': {
    seq: 7,
    type: 'bead.closed',
    ts: created_at,
    actor: 'app/toast',
    subject: 'app-42',
    message: 'the tests pass',
    payload: null,
    run: 'run_example',
    session: 'gc-7',
    step: null,
    inbound: { id: 'tok_example', name: 'lab', kind: 'gc-events' },
  },
  'city.usage': {
    kind: 'model',
    worker: 'toast',
    city: 'lab',
    provider: 'anthropic',
    upstream: null,
    model: 'claude-sonnet-4-5',
    backing: null,
    runtime: null,
    run: 'run_example',
    session: 'gc-7',
    step: 'app-42',
    formula: null,
    used_at: created_at,
    wall_s: 0,
    tokens: { input: 1_000, output: 500, cache_read: 10_000, cache_write: 2_000 },
    estimate_usd: '0.024',
    key: 'f00dfeed',
    inbound: { id: 'tok_example', name: 'lab', kind: 'gc-usage' },
  },
  'prices.changed': {
    by: 'tok_example',
    added: {
      id: 'rule_example',
      kind: 'alias',
      provider: 'acme',
      model: 'm1',
      as: { provider: 'anthropic', model: 'claude-sonnet-4-5' },
    },
  },
  'ledger.repricing': { id: 'rep_example', by: 'tok_example', ...day },
  'ledger.repriced': {
    id: 'rep_example',
    by: 'tok_example',
    ...day,
    messages: 310,
    changed: 12,
    before_usd: '42.5',
    after_usd: '41.9',
  },
  'retention.changed': { by: 'tok_example', log_days: 90, attempt_days: 30, mail_days: 90 },
} as const satisfies Record<string, object>;

const EXAMPLES: Readonly<Record<string, object>> = { ...OF_SOURCES, ...OF_RELAY };

/** Every type that a source or the relay says: what endpoints can be tried with. */
export const EVENT_TYPES: readonly string[] = Object.keys(EXAMPLES);

/** An event that has not happened, at no position of the log. */
export function exampleOf(type: string, { id, at }: { readonly id: string; readonly at: number }): PublicEvent {
  const isOwn = Object.hasOwn(OF_RELAY, type);
  const ofSession = type.startsWith('session.');
  const time = new Date(at).toISOString();
  return {
    id,
    seq: 0,
    type,
    timestamp: time,
    received_at: time,
    session: isOwn && !ofSession ? null : 'ses_example',
    origin: { id: 'example', seq: 0 },
    source: !isOwn ? SOURCE : ofSession ? { ...SOURCE, id: RELAY_ID } : RELAY,
    data: EXAMPLES[type] ?? {},
  };
}
