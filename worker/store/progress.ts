// What an endpoint's deliveries have come to: columns of its own row, which is written anyhow when its cursor moves.
import type { Attempt } from '../delivery/outcome.ts';
import type { Database } from './database.ts';
import type { Endpoint } from './endpoints.ts';
import type { Exhausted } from './exhausted.ts';

export interface Progress extends Exhausted {
  /** Null where it never was delivered to. */
  readonly lastDelivered: number | null;
}

/** To be called in the transaction that records the attempts. */
export function recordProgress(
  { sql }: Database,
  { id, cursor }: Pick<Endpoint, 'id' | 'cursor'>,
  next: number,
  attempts: readonly Attempt[],
): void {
  const delivered = attempts.filter(({ outcome }) => outcome.kind === 'delivered').map(({ at }) => at);
  if (next === cursor && delivered.length === 0) return;
  sql.exec(
    /* sql */ `UPDATE endpoint SET cursor = ?, last_delivered = nullif(max(coalesce(last_delivered, 0), ?), 0) WHERE id = ?`,
    next,
    Math.max(0, ...delivered),
    id,
  );
}

export function progressOf({ sql }: Database, id: string): Progress {
  return sql
    .exec<{ lastDelivered: number | null; exhausted: number; exhaustedAt: number | null }>(
      /* sql */ `SELECT last_delivered AS lastDelivered, exhausted, exhausted_at AS exhaustedAt FROM endpoint WHERE id = ?`,
      id,
    )
    .one();
}
