// Which events of a range of the log an endpoint is to get again, a slice of the log at a time so that nobody waits for it.
import { wantedBy } from '../delivery/wanted.ts';
import type { Database } from './database.ts';
import type { Endpoint } from './endpoints.ts';
import { chunksAfter, MAX_SCANNED } from './log.ts';

/** All that it wants; of that what was never delivered; what was given up or refused. */
export type Selection = 'all' | 'missing' | 'failed';

export interface Range {
  readonly after: number;
  readonly upTo: number;
}

export interface Slice {
  readonly seqs: readonly number[];
  /** Where the next slice goes on. */
  readonly upTo: number;
}

export function selectSlice(db: Database, endpoint: Endpoint, selection: Selection, range: Range): Slice {
  const slice = { after: range.after, upTo: Math.min(range.upTo, range.after + MAX_SCANNED) };
  return { seqs: SELECT[selection](db, endpoint, slice), upTo: slice.upTo };
}

const SELECT = { all: wanted, missing, failed } as const satisfies Record<Selection, unknown>;

function wanted(db: Database, endpoint: Endpoint, { after, upTo }: Range): number[] {
  const seqs: number[] = [];
  const isWanted = wantedBy(endpoint);
  for (const { first, source, events } of chunksAfter(db, after)) {
    if (first > upTo) break;
    for (const [index, event] of events.entries()) {
      const seq = first + index;
      if (seq > after && seq <= upTo && isWanted(event, source)) seqs.push(seq);
    }
  }
  return seqs;
}

function missing(db: Database, endpoint: Endpoint, range: Range): number[] {
  const had = new Set([...delivered(db, endpoint.id, range), ...underWay(db, endpoint.id, range)]);
  return wanted(db, endpoint, range).filter((seq) => !had.has(seq));
}

/** By the last attempt of each: what was delivered later has not failed. */
function failed(db: Database, { id }: Endpoint, range: Range): number[] {
  const coming = new Set(underWay(db, id, range));
  const seqs = seqsOf(
    db,
    /* sql */ `SELECT seq
                 FROM (SELECT seq, outcome, max(number)
                         FROM attempt
                        WHERE endpoint = ? AND seq > ? AND seq <= ?
                        GROUP BY seq)
                WHERE outcome IN ('exhausted', 'rejected')
                ORDER BY seq`,
    [id, range.after, range.upTo],
  );
  return seqs.filter((seq) => !coming.has(seq));
}

function delivered(db: Database, id: string, { after, upTo }: Range): number[] {
  return seqsOf(
    db,
    /* sql */ `SELECT DISTINCT seq FROM attempt WHERE endpoint = ? AND seq > ? AND seq <= ? AND outcome = 'delivered'`,
    [id, after, upTo],
  );
}

/** What waits for a retry, is to be sent again or is held back comes anyway. */
function underWay(db: Database, id: string, { after, upTo }: Range): number[] {
  return seqsOf(
    db,
    /* sql */ `SELECT seq FROM retry WHERE endpoint = ?1 AND seq > ?2 AND seq <= ?3
                UNION ALL
               SELECT seq FROM replay WHERE endpoint = ?1 AND seq > ?2 AND seq <= ?3
                UNION ALL
               SELECT seq FROM grouping WHERE endpoint = ?1 AND seq > ?2 AND seq <= ?3`,
    [id, after, upTo],
  );
}

function seqsOf({ sql }: Database, query: string, values: readonly (string | number)[]): number[] {
  return sql
    .exec<{ seq: number }>(query, ...values)
    .toArray()
    .map(({ seq }) => seq);
}
