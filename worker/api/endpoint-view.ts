// An endpoint as the API shows it.
import type { Context } from 'hono';

import { overlapEnd } from '../delivery/rotation.ts';
import { keyringOf } from '../env.ts';
import type { EndpointState, PushEndpoint } from '../store/endpoints.ts';
import { openUrl } from '../target.ts';
import type { Api } from './context.ts';
import { iso } from './team.ts';

/** The URL of many receivers is their secret: whoever may only read sees where it goes and no more. */
export async function showEndpoint(c: Context<Api>, endpoint: EndpointState) {
  // Null where the operator has lost the secret that it is sealed under: it can still be given another.
  const opened = (held: PushEndpoint) => openUrl(held, keyringOf(c.env)).catch(() => null);
  const isWhole = endpoint.kind !== 'pull' && c.var.credential.scope === 'admin';
  const url = isWhole ? await opened(endpoint) : endpoint.origin;
  const { id, kind, name, events, where, ordered, signing, state, reason, cursor } = endpoint;
  const { behind, waiting, held, replaying, breaker } = endpoint;
  const overlap = overlapEnd(endpoint, Date.now());
  const pausedUntil = endpoint.notBefore > Date.now() ? iso(endpoint.notBefore) : null;
  const created_at = iso(endpoint.created);
  return {
    id,
    kind,
    name,
    url,
    events,
    where,
    ordered,
    signing,
    public_key: endpoint.publicKey,
    /** When the last of the older keys stops signing. */
    overlap_until: overlap === null ? null : iso(overlap),
    delivery: endpoint.settings,
    breaker: { state: breaker.state, until: breaker.until === null ? null : iso(breaker.until) },
    state,
    reason,
    cursor,
    behind,
    waiting,
    held,
    replaying,
    failing_since: endpoint.failingSince === null ? null : iso(endpoint.failingSince),
    last_delivered_at: endpoint.lastDelivered === null ? null : iso(endpoint.lastDelivered),
    exhausted: endpoint.exhausted,
    last_exhausted_at: endpoint.exhaustedAt === null ? null : iso(endpoint.exhaustedAt),
    paused_until: pausedUntil,
    created_at,
  };
}
