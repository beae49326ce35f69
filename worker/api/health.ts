// GET /v1/health: whether what a team's log holds reaches who is to have it, and if not, why.
import type { Context } from 'hono';

import type { Outcome } from '../desk.ts';
import { SAY_AFTER_MS } from '../delivery/health.ts';
import { BY_ADMIN, type Endpoint } from '../store/endpoints.ts';
import type { Api } from './context.ts';
import { answer, ask, iso } from './team.ts';

type Report = Extract<Outcome<'health'>, { ok: true }>['value'];
type Unwell = Report['unwell'][number];

export async function getHealth(c: Context<Api>): Promise<Response> {
  return answer(c, await ask(c, 'health'), (report) => c.json(show(report)));
}

function show(report: Report) {
  const { now, oldestDue, bytes, failures, tasks } = report;
  const unwell = new Map(report.unwell.map((one) => [one.endpoint.id, one]));
  const states = report.endpoints.map((endpoint) => stateOf(endpoint, unwell.get(endpoint.id), now));
  return {
    status: statusOf(report, states),
    endpoints: Object.fromEntries(STATES.map((state) => [state, states.filter((one) => one === state).length])),
    unwell: report.unwell.map((one) => ({ ...showUnwell(one), state: stateOf(one.endpoint, one, now) })),
    alerted: report.alerted,
    oldest_due:
      oldestDue === null
        ? null
        : {
            endpoint: oldestDue.endpoint,
            since: iso(oldestDue.since),
            age_s: Math.floor((now - oldestDue.since) / 1_000),
          },
    storage: { bytes, limit_bytes: LIMIT_BYTES },
    failures: [
      ...failures.map(({ chore, at, reason }) => ({ name: chore, reason, failed_at: iso(at), next_at: null })),
      ...tasks.map(({ name, due, reason }) => ({ name, reason, failed_at: null, next_at: iso(due) })),
    ],
  };
}

const STATES = ['enabled', 'paused', 'failing', 'stalled', 'disabled'] as const;
type State = (typeof STATES)[number];

/** A failure of a moment ago is the schedule's business. */
function stateOf(endpoint: Endpoint, unwell: Unwell | undefined, now: number): State {
  if (endpoint.state === 'disabled') return 'disabled';
  const { failingSince = null, stalledSince = null, told = [] } = unwell?.health ?? {};
  if (stalledSince !== null && told.includes('stalled')) return 'stalled';
  if (failingSince !== null && now >= failingSince + SAY_AFTER_MS) return 'failing';
  return endpoint.notBefore > now ? 'paused' : 'enabled';
}

/** Of an object, by https://developers.cloudflare.com/durable-objects/platform/limits/. Once it is full, writes fail. */
const LIMIT_BYTES = 10e9;
const NEARLY_FULL = 0.8;

/**
 * `failing` is the relay's own fault, `degraded` a receiver's, one that fails, that had events given up, or that was disabled and
 * not by an admin; or the team stores nearly all that it may.
 */
function statusOf({ failures, tasks, unwell, bytes }: Report, states: readonly State[]) {
  if (failures.length > 0 || tasks.length > 0 || states.includes('stalled')) return 'failing';
  const isGiven = ({ endpoint: { state, reason }, exhausted }: Unwell) =>
    state === 'disabled' ? reason !== BY_ADMIN : exhausted !== null;
  return states.includes('failing') || unwell.some(isGiven) || bytes >= NEARLY_FULL * LIMIT_BYTES ? 'degraded' : 'ok';
}

function showUnwell({ endpoint, health, backlog, exhausted }: Unwell) {
  const time = (ms: number | null | undefined) => (ms === null || ms === undefined ? null : iso(ms));
  return {
    id: endpoint.id,
    name: endpoint.name,
    kind: endpoint.kind,
    reason: endpoint.reason,
    failing_since: time(health?.failingSince),
    stalled_since: time(health?.stalledSince),
    error: health?.error ?? null,
    status: health?.status ?? null,
    ...backlog,
    exhausted: exhausted?.exhausted ?? 0,
    last_exhausted_at: time(exhausted?.exhaustedAt),
  };
}
