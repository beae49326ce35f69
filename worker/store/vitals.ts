// How a team's deliveries and chores fare at a moment.
import type { Health } from '../delivery/health.ts';
import { wantedBy } from '../delivery/wanted.ts';
import { exampleOf } from '../event/example.ts';
import { backlogOf, type Backlog } from './backlog.ts';
import type { Database } from './database.ts';
import { listEndpoints, type Endpoint } from './endpoints.ts';
import { listExhausted, type Exhausted } from './exhausted.ts';
import { listFailures, type FailureRow } from './failures.ts';
import { listHealth } from './health.ts';
import { oldestDue } from './watchdog.ts';

export interface Vitals {
  readonly endpoints: readonly Endpoint[];
  /** Those that are not well, gave events up of late or are disabled. */
  readonly unwell: readonly {
    readonly endpoint: Endpoint;
    readonly health: Health | null;
    readonly backlog: Backlog;
    /** Null where nothing was given up of late. */
    readonly exhausted: Exhausted | null;
  }[];
  /** The ids of those that are told when another is disabled. */
  readonly alerted: readonly string[];
  readonly oldestDue: { readonly endpoint: string; readonly since: number } | null;
  /** Pages that were given back not counted. */
  readonly bytes: number;
  readonly failures: readonly (FailureRow & { readonly chore: string })[];
}

export function readVitals(db: Database, now: number): Vitals {
  const endpoints = listEndpoints(db);
  const [held, given] = [listHealth(db), listExhausted(db, now)];
  const unwell = endpoints.flatMap((endpoint) => {
    const health = held.get(endpoint.id) ?? null;
    const exhausted = given.get(endpoint.id) ?? null;
    if (health === null && exhausted === null && endpoint.state === 'enabled') return [];
    return { endpoint, health, backlog: backlogOf(db, endpoint), exhausted };
  });
  return {
    endpoints,
    unwell,
    alerted: alerted(endpoints, now),
    oldestDue: oldestDue(db, now),
    bytes: db.sql.databaseSize,
    failures: listFailures(db),
  };
}

function alerted(endpoints: readonly Endpoint[], now: number): string[] {
  const news = exampleOf('endpoint.disabled', { id: '', at: now });
  const hears = (endpoint: Endpoint) => endpoint.state === 'enabled' && wantedBy(endpoint)(news, news.source);
  return endpoints.filter(hears).map(({ id }) => id);
}
