// Where spend is read from, as parts of a statement: sums of rollups, so that the work grows with buckets and dimensions and not
// with the number of messages.
import type { Period } from '../ledger/period.ts';
import { splitByHour, SUMS } from '../ledger/rollup.ts';
import { CLOSED_AFTER_MS } from './rollups.ts';

export const COLUMNS = [...SUMS, 'late'] as const;

/** What a statement reads spend from: parts, the common tables that they stand on, and the values that these bind. */
export interface From {
  readonly tables: readonly string[];
  readonly parts: readonly Part[];
  readonly values: readonly string[];
}

export interface Part {
  /** A query for period, dimension, perhaps session, and those of the sums that it has. */
  readonly rows: string;
  readonly has: readonly (typeof COLUMNS)[number][];
}

/** Expressions by the names that they get. */
type Expressions = Readonly<Record<string, string>>;

interface Cut {
  readonly keys: Expressions;
  /** Of those that have the same keys the last. */
  readonly names: Expressions;
  readonly joins?: readonly string[];
  readonly conditions?: readonly string[];
}

/** A query for the sums by some keys, a row of each part: to bring all rows together before they are summed takes twice as long. */
export function sumsBy({ parts }: From, { keys, names, joins = [], conditions = [] }: Cut): string {
  const last = Object.entries(names).map(([name, text]) => `max(${text}) AS ${name}`);
  const sums = parts.map(({ rows, has }) => {
    const added = COLUMNS.map((name) => `${has.includes(name) ? `sum(spent.${name})` : '0'} AS ${name}`);
    return /* sql */ `
      SELECT ${[...named(keys), ...last, ...added].join(', ')}
        FROM (${rows}) AS spent
        JOIN dimension ON dimension.id = spent.dimension
        ${joins.join(' ')}
       WHERE ${['true', ...conditions].join(' AND ')}
       GROUP BY ${Object.values(keys).join(', ')}`;
  });
  return sums.join(' UNION ALL ');
}

function named(expressions: Expressions): string[] {
  return Object.entries(expressions).map(([name, text]) => `${text} AS ${name}`);
}

const BY_DIMENSION: Expressions = { period: 'period', dimension: 'dimension' };

/** A period that may close later than it ends, as a day of a billing period does. */
type Closing = Period & { readonly closes?: number };

/** Whole hours from the one table, a range's ends from the other; what came after a period had closed is added beside them. */
export function fromRollups(periods: readonly Closing[]): From {
  const split = periods.map((period) => ({ ...splitByHour(period), closes: period.closes ?? period.end }));
  const hours = split.flatMap(({ hours, closes }, index) =>
    hours === null ? [] : [[index, hours.start, hours.end, closes]],
  );
  const buckets = split.flatMap(({ buckets, closes }, index) =>
    buckets.map(({ start, end }) => [index, start, end, closes]),
  );
  return {
    tables: [rangeTable('whole', 1), rangeTable('ends', 2)],
    parts: [
      within('whole', 'rollup_hour', BY_DIMENSION),
      within('ends', 'rollup', BY_DIMENSION),
      lateWithin('whole', 'late_hour', BY_DIMENSION),
      lateWithin('ends', 'late_session', BY_DIMENSION),
    ],
    values: [hours, buckets].map((list) => JSON.stringify(list)),
  };
}

/** The same by session. Sessions are short, so whole hours would save little. Of old late spend the session is unknown. */
export function fromSessions(periods: readonly Period[]): From {
  return {
    tables: [rangeTable('whole', 1)],
    parts: [
      within('whole', 'rollup_session', { ...BY_DIMENSION, session: 'session' }),
      lateWithin('whole', 'late_session', { ...BY_DIMENSION, session: `nullif(session, '')` }),
    ],
    values: [JSON.stringify(periods.map(({ start, end }, index) => [index, start, end, end]))],
  };
}

/** Ranges as a table of numbers: read from JSON they would be parsed again for each row. */
function rangeTable(name: Ranges, bound: number): string {
  return /* sql */ `${name} AS MATERIALIZED (
      SELECT value->>0 AS period, value->>1 AS start, value->>2 AS stop, (value->>3) + ${CLOSED_AFTER_MS} AS closed
        FROM json_each(?${bound})
    )`;
}

type Ranges = 'whole' | 'ends';

/** The rows of a table that lie within ranges. CROSS JOIN keeps SQLite from reading the table first, which has no end. */
function within(ranges: Ranges, table: 'rollup_hour' | 'rollup' | 'rollup_session', keys: Expressions): Part {
  const rows = /* sql */ `
      SELECT ${[...named(keys), ...SUMS].join(', ')}
        FROM ${ranges}
       CROSS JOIN ${table}
          ON bucket >= start
         AND bucket < stop`;
  return { rows, has: SUMS };
}

/** What came after the period had closed, by dimension beforehand: these rows are many where a month was backfilled. */
function lateWithin(ranges: Ranges, table: 'late_hour' | 'late_session', keys: Expressions): Part {
  const rows = /* sql */ `
      SELECT ${named(keys).join(', ')}, sum(cost) AS late
        FROM ${ranges}
       CROSS JOIN ${table}
          ON bucket >= start
         AND bucket < stop
         AND received >= closed
       GROUP BY ${Object.values(keys).join(', ')}`;
  return { rows, has: ['late'] };
}
