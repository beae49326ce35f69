// What an admin does with endpoints. Whatever may give one something to do starts its deliveries.
import { refuse, type Refusal } from './api/problem.ts';
import { MAX_KEYS, rotate, type Rotation } from './delivery/rotation.ts';
import { fail, ok, type Result } from './result.ts';
import { backlogOf } from './store/backlog.ts';
import type { Database } from './store/database.ts';
import type { Clock } from './store/delivery.ts';
import {
  changeOf,
  deleteEndpoint,
  hurryRetries,
  isMended,
  listEndpoints,
  moveCursor,
  readEndpoint,
  writeEndpoint,
  type Endpoint,
  type EndpointChange,
  type EndpointDraft,
  type EndpointState,
  type ReplayFrom,
} from './store/endpoints.ts';
import { endGroups, heldOf } from './store/grouping.ts';
import { readHealth, recordChange } from './store/health.ts';
import { head, positionBefore } from './store/log.ts';
import { breakerOf, fillBucket, forgetPace } from './store/pace.ts';
import { floor } from './store/parts.ts';
import { progressOf } from './store/progress.ts';

interface Parts {
  readonly db: Database;
  readonly now: Clock['now'];
  readonly wake: () => void;
}

/** Null stands for an endpoint that is not there. */
export interface Endpoints {
  readonly list: () => EndpointState[];
  readonly find: (id: string) => EndpointState | null;
  /** `after` is where its cursor starts: null for what comes from now on. */
  readonly add: (draft: EndpointDraft, after: number | null) => Result<EndpointState, Refusal>;
  /** `by` is the token that asks for it. */
  readonly change: (id: string, change: EndpointChange, by: string) => EndpointState | null;
  readonly remove: (id: string) => true | null;
  /** Gives it a new key; what signed until now goes on signing beside it for a while. */
  readonly rotate: (id: string, rotation: Rotation) => Result<EndpointState, Refusal> | null;
  /** Moves the cursor back, so that all that the endpoint wants from there on is delivered again. */
  readonly replay: (
    id: string,
    from: ReplayFrom,
    dryRun: boolean,
  ) => Result<{ after: number; to: number }, Refusal> | null;
}

export function openEndpoints({ db, now, wake }: Parts): Endpoints {
  function stateOf(endpoint: Endpoint): EndpointState {
    const { id } = endpoint;
    return {
      ...endpoint,
      ...backlogOf(db, endpoint),
      held: heldOf(db, id),
      failingSince: readHealth(db, id).failingSince,
      ...progressOf(db, id),
      breaker: breakerOf(db, id, now()),
    };
  }

  function having<T>(id: string, use: (endpoint: Endpoint) => T): T | null {
    const endpoint = readEndpoint(db, id);
    return endpoint === null ? null : use(endpoint);
  }

  /** A cursor can start only where the log still goes on from. */
  function inLog(position: number): Result<number, Refusal> {
    const upTo = floor(db);
    if (position >= upTo) return ok(position);
    const detail = `events up to ${upTo} are not delivered any more: start after ${upTo}, read older ones with GET /v1/events`;
    return fail(refuse('archived', detail));
  }

  return {
    list: () => listEndpoints(db).map(stateOf),
    find: (id) => having(id, stateOf),
    add(draft, after) {
      const cursor = inLog(Math.min(after ?? head(db), head(db)));
      if (!cursor.ok) return cursor;
      const fixed = { state: 'enabled', reason: null, retired: [], notBefore: 0, created: now() } as const;
      const endpoint: Endpoint = { ...draft, ...fixed, cursor: cursor.value };
      writeEndpoint(db, endpoint);
      wake();
      return ok(stateOf(endpoint));
    },
    change: (id, change, by) =>
      having(id, (before) => {
        const after = changeOf(before, change);
        const mended = isMended(before, change);
        db.transaction(() => {
          writeEndpoint(db, after);
          if (change.settings !== undefined) fillBucket(db, id);
          if (mended) {
            hurryRetries(db, id, now());
            forgetPace(db, id);
          }
          if (after.settings.group_s !== before.settings.group_s) endGroups(db, id, now());
          recordChange(db, { before, after, isMended: mended }, { by, now: now() });
        });
        wake();
        return stateOf(after);
      }),
    remove: (id) =>
      having(id, () => {
        deleteEndpoint(db, id, now());
        wake();
        return true;
      }),
    rotate: (id, rotation) =>
      having(id, (endpoint) => {
        const keys = rotate(endpoint, rotation, now());
        if (keys === null) {
          const detail = `it has ${MAX_KEYS}: wait until one ends, or rotate with "overlap_hours": 0, which ends all older ones`;
          return fail(refuse('keys-held', detail));
        }
        const changed = { ...endpoint, ...keys };
        writeEndpoint(db, changed);
        return ok(stateOf(changed));
      }),
    replay: (id, from, dryRun) =>
      having(id, (endpoint) => {
        const position = 'time' in from ? positionBefore(db, from.time) : from.position;
        const after = inLog(Math.min(position, endpoint.cursor));
        if (!after.ok) return after;
        if (!dryRun) {
          moveCursor(db, id, after.value);
          wake();
        }
        return ok({ after: after.value, to: head(db) });
      }),
  };
}
