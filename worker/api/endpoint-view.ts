// An endpoint as the API shows it.
import type { Context } from 'hono';

import { overlapEnd } from '../delivery/rotation.ts';
import type { EndpointState } from '../store/endpoints.ts';
import type { Api } from './context.ts';
import { iso } from './team.ts';

/** The URL of many receivers is their secret: whoever may only read sees where it goes and no more. */
export function showEndpoint(c: Context<Api>, endpoint: EndpointState) {
  const url = c.var.credential.scope === 'admin' ? endpoint.url : new URL(endpoint.url).origin;
  const { id, kind, name, events, ordered, signing, state, reason, cursor, behind, waiting } = endpoint;
  const { replaying, breaker } = endpoint;
  const overlap = overlapEnd(endpoint, Date.now());
  const pausedUntil = endpoint.notBefore > Date.now() ? iso(endpoint.notBefore) : null;
  const created_at = iso(endpoint.created);
  return {
    id,
    kind,
    name,
    url,
    events,
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
    replaying,
    failing_since: endpoint.failingSince === null ? null : iso(endpoint.failingSince),
    last_delivered_at: endpoint.lastDelivered === null ? null : iso(endpoint.lastDelivered),
    paused_until: pausedUntil,
    created_at,
  };
}
