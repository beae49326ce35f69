// How a team's deliveries and chores fare at a moment.
import type { Health } from '../delivery/health.ts';
import { backlogOf, type Backlog } from './backlog.ts';
import type { Database } from './database.ts';
import { listEndpoints, type Endpoint } from './endpoints.ts';
import { listFailures, type FailureRow } from './failures.ts';
import { listHealth } from './health.ts';
import { oldestDue } from './watchdog.ts';

export interface Vitals {
  readonly endpoints: readonly Endpoint[];
  /** Those that are not well or disabled. */
  readonly unwell: readonly {
    readonly endpoint: Endpoint;
    readonly health: Health | null;
    readonly backlog: Backlog;
  }[];
  readonly oldestDue: { readonly endpoint: string; readonly since: number } | null;
  /** Pages that were given back not counted. */
  readonly bytes: number;
  readonly failures: readonly (FailureRow & { readonly chore: string })[];
}

export function readVitals(db: Database, now: number): Vitals {
  const endpoints = listEndpoints(db);
  const held = listHealth(db);
  const unwell = endpoints.flatMap((endpoint) => {
    const health = held.get(endpoint.id) ?? null;
    if (health === null && endpoint.state === 'enabled') return [];
    return { endpoint, health, backlog: backlogOf(db, endpoint) };
  });
  return { endpoints, unwell, oldestDue: oldestDue(db, now), bytes: db.sql.databaseSize, failures: listFailures(db) };
}
