// Looks for anomalies of today and yesterday and says each once.
import { anomalyOfDay, anomalyOfSession, type Anomaly } from '../budget/anomaly.ts';
import { WINDOW_DAYS } from '../budget/forecast.ts';
import { formatUsd } from '../ledger/money.ts';
import type { Database } from './database.ts';
import { emit, type OwnEvent } from './emit.ts';
import { daysAround, type Moment } from './spending.ts';
import { readUsage } from './usage.ts';
import { say } from './said.ts';
import { ROOT } from './session-list.ts';
import { weekdayOf } from '../ledger/period.ts';

const DAY_MS = 24 * 3_600_000;
/** A session that began before is no news. */
const RECENT_MS = 7 * DAY_MS;

export function checkAnomalies(db: Database, moment: Moment): void {
  db.transaction(() => {
    const found = [...daysOf(db, 'member', moment), ...daysOf(db, 'project', moment), ...sessionsOf(db, moment)];
    emit(
      db,
      moment.now,
      found.flatMap(({ rule, subject, at, event }) => (say(db, rule, subject, at) ? [event] : [])),
    );
  });
}

interface Found {
  readonly rule: string;
  readonly subject: string;
  /** The day that it is said once on; a session's is its first moment. */
  readonly at: number;
  readonly event: OwnEvent;
}

function daysOf(db: Database, by: 'member' | 'project', moment: Moment): Found[] {
  const { past, today } = daysAround(moment);
  const periods = [...past, today];
  const weekdays = periods.map(({ start }) => weekdayOf(start, moment.zone));
  const rows = readUsage(db, { periods, groupBy: [by], filters: [], session: null });
  const rule = `${by}.day`;
  return [...Map.groupBy(rows, ({ a }) => a)].flatMap(([subject, rows]) => {
    if (subject === null) return [];
    const costs = new Map(rows.map((row) => [row.period, BigInt(row.cost)]));
    const days = weekdays.map((weekday, index) => ({ weekday, nano: costs.get(index) ?? 0n }));
    const name = by === 'project' ? (rows[0]?.project_name ?? null) : subject;
    return [WINDOW_DAYS, WINDOW_DAYS + 1].flatMap((index) => {
      const [day, period] = [days[index], periods[index]];
      if (day === undefined || period === undefined) return [];
      const anomaly = anomalyOfDay(day, days.slice(index - WINDOW_DAYS, index));
      if (anomaly === null) return [];
      const about = { by, value: subject, name };
      const range = { from: new Date(period.start).toISOString(), to: new Date(period.end).toISOString() };
      return [{ rule, subject, at: period.start, event: eventOf(rule, about, anomaly, range) }];
    });
  });
}

type TreeRow = { id: string; member: string; first_at: number; cost: string };

/** Roots, each with all its sub-agents. */
function sessionsOf({ sql }: Database, { now }: Moment): Found[] {
  const rows = sql
    .exec<TreeRow>(
      /* sql */ `WITH RECURSIVE tree AS (
                   SELECT id AS root, id, member, first_at, cost
                     FROM session
                    WHERE ${ROOT}
                      AND first_at >= ?
                    UNION
                   SELECT tree.root, session.id, tree.member, tree.first_at, session.cost
                     FROM tree
                     JOIN session ON session.parent = tree.id
                 )
                 SELECT root AS id, member, first_at, CAST(sum(cost) AS TEXT) AS cost
                   FROM tree
                  GROUP BY root
                 HAVING sum(cost) > 0`,
      now - WINDOW_DAYS * DAY_MS,
    )
    .toArray()
    .map((row) => ({ ...row, nano: BigInt(row.cost) }));
  return [...Map.groupBy(rows, ({ member }) => member).values()].flatMap((own) =>
    own.flatMap(({ id, member, first_at: at, nano }) => {
      if (at < now - RECENT_MS) return [];
      const others = own.filter((other) => other.id !== id).map((other) => other.nano);
      const anomaly = anomalyOfSession(nano, others);
      if (anomaly === null) return [];
      const about = { by: 'session', value: id, name: null, member };
      return [{ rule: 'session', subject: id, at, event: eventOf('session', about, anomaly, {}) }];
    }),
  );
}

function eventOf(rule: string, subject: object, anomaly: Anomaly, range: object): OwnEvent {
  const { spent, norm, bound, samples } = anomaly;
  const money = { spent_usd: formatUsd(spent), norm_usd: formatUsd(norm), bound_usd: formatUsd(bound) };
  return { type: 'anomaly.detected', data: { rule, subject, ...range, ...money, days: WINDOW_DAYS, samples } };
}
