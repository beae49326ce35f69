// GET /v1/export: all ledger entries of a range, or its charges as FOCUS has them. Written as it is read, a page of the team's
// at a time, so that neither side ever holds the whole. A stream that cannot go on breaks off, which its reader can tell.
import type { Context } from 'hono';

import { FOCUS_COLUMNS, focusRows } from '../ledger/focus.ts';
import { isZone, monthOf, type Period } from '../ledger/period.ts';
import type { Result } from '../result.ts';
import type { EntryPage, EntryPageRow } from '../store/entry-page.ts';
import { streamOf } from '../stream.ts';
import type { Api } from './context.ts';
import { CSV_TYPE, nameFile, TOKEN_COLUMNS } from './csv-answer.ts';
import { csvHeader, csvRow, words } from './csv.ts';
import { problem, refuse, type Refusal } from './problem.ts';
import { oneOf, readQuery, text } from './query.ts';
import { showEntry } from './sessions.ts';
import { ask, teamOf } from './team.ts';
import { rangeOf } from './usage.ts';

const QUERY = { format: oneOf(['ndjson', 'csv', 'focus']), from: text, to: text, zone: text };

/** A range's text in pieces; it throws where the team refuses or fails on the way. */
type Export = (c: Context<Api>, range: Period, team: Named) => AsyncGenerator<string>;
type Named = { readonly id: string; readonly name: string };

const DAY_MS = 24 * 3_600_000;
/** Each day is a question to the team, and a request may ask a few thousand. */
const MAX_DAYS = 3_700;

const FORMATS = {
  ndjson: {
    type: 'application/x-ndjson',
    file: 'gasline-entries.ndjson',
    write: entries('', (row) => `${JSON.stringify(row)}\n`),
  },
  csv: {
    type: CSV_TYPE,
    file: 'gasline-entries.csv',
    write: entries(csvHeader(entryColumns()), (row) => csvRow(entryColumns(), row)),
  },
  focus: { type: CSV_TYPE, file: 'gasline-focus.csv', write: focus },
} as const satisfies Record<string, { type: string; file: string; write: Export }>;

export async function getExport(c: Context<Api>): Promise<Response> {
  const query = readQuery(c, QUERY);
  if (!query.ok) return problem(c, query.error);
  const team = await teamOf(c).describe(c.var.credential);
  if (!team.ok) return problem(c, team.error);
  const zone = query.value.zone ?? team.value.zone;
  if (!isZone(zone))
    return problem(c, refuse('query-malformed', `zone: must be an IANA time zone such as Europe/Berlin, got ${zone}`));
  const range = rangeOf(query.value, zone, Date.now());
  if (!range.ok) return problem(c, range.error);
  const { type, file, write } = FORMATS[query.value.format ?? 'ndjson'];
  if (write === focus && range.value.end - range.value.start > MAX_DAYS * DAY_MS)
    return problem(c, refuse('query-malformed', `from: take at most ${MAX_DAYS} days at once`));
  nameFile(c, file, type);
  return c.body(streamOf(write(c, range.value, team.value)));
}

/** In the order of session and message: not a snapshot, what changes meanwhile is there as it was when its page was read. */
function entries(header: string, line: (row: object) => string): Export {
  return async function* pieces(c, { start, end }) {
    yield header;
    for (let after: EntryPage['next'] = null; ;) {
      const page: EntryPage = unwrap(await ask(c, 'entryPage', { start, end, after }));
      yield page.rows.map((row) => line(showExported(row))).join('');
      if (page.next === null) return;
      after = page.next;
    }
  };
}

function unwrap<T>(result: Result<T, Refusal>): T {
  if (!result.ok) throw new Error(result.error.detail);
  return result.value;
}

function showExported(row: EntryPageRow) {
  const { session, member, project, branch, town, rig, role, worker, bead } = row;
  return {
    session,
    ...showEntry(row),
    member,
    project: project === null ? null : { id: project, name: row.project_name },
    branch,
    town: { town, rig, role, worker, bead },
  };
}

function entryColumns(): string[] {
  return [
    ...words('session message at finished kind provider model variant agent'),
    ...TOKEN_COLUMNS,
    ...words('cost_usd reported_usd list_usd basis price state backfilled'),
    ...words('member project.id project.name branch host town.town town.rig town.role town.worker town.bead'),
  ];
}

/** Days and billing periods are of UTC, whatever the zone that the range was given in. */
async function* focus(...[c, range, named]: Parameters<Export>): AsyncGenerator<string> {
  yield csvHeader(FOCUS_COLUMNS);
  for (let start = range.start; start < range.end;) {
    const charge: Period = { start, end: Math.min(range.end, (Math.floor(start / DAY_MS) + 1) * DAY_MS) };
    const billing = monthOf(start, 'UTC');
    const spends = unwrap(await ask(c, 'focus', charge, billing.end));
    const rows = spends.flatMap((spend) => focusRows(spend, { team: named, charge, billing }));
    yield rows.map((row) => csvRow(FOCUS_COLUMNS, row)).join('');
    start = charge.end;
  }
}
