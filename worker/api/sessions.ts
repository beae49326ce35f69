// GET /v1/sessions and below: what each session is, what happened in it, what it cost alone and with its sub-agents.
import type { Context } from 'hono';

import { formatKnown, formatUsd } from '../ledger/money.ts';
import { parseMoment } from '../ledger/period.ts';
import { fail, ok, type Result } from '../result.ts';
import type { Chosen, EntryListRow, SessionListRow } from '../store/session-list.ts';
import { answerPage } from './archive.ts';
import type { Api } from './context.ts';
import { problem, refuse, type Refusal } from './problem.ts';
import { SESSION_COLUMNS, sendCsv, wantsCsv } from './csv-answer.ts';
import { filter, format, oneOf, readQuery, text, whole } from './query.ts';
import { answer, ask, iso } from './team.ts';
import { zoneOf } from './zone.ts';

const STATUSES = ['idle', 'busy', 'retry', 'error', 'waiting', 'deleted'] as const;

const QUERY = {
  member: filter(text),
  project: filter(text),
  status: filter(oneOf(STATUSES)),
  parent: filter(text),
  roots: oneOf(['true']),
  tree: filter(text),
  from: text,
  to: text,
  zone: text,
  format,
  sort: oneOf(['recent', 'cost']),
  limit: whole({ min: 1, max: 1_000, otherwise: 100 }),
  offset: whole({ min: 0, max: 1_000_000, otherwise: 0 }),
};

const ANY = { member: null, project: null, status: null, from: null, to: null, sort: 'recent', offset: 0 } as const;

export async function getSessions(c: Context<Api>): Promise<Response> {
  const query = readQuery(c, QUERY);
  if (!query.ok) return problem(c, query.error);
  const { parent, roots, tree, from, to, zone: named, sort, limit, offset, format, ...filters } = query.value;
  const chosen = chosenBy({ parent, roots, tree });
  if (chosen === null) return problem(c, refuse('query-malformed', 'parent: give one of parent, roots and tree'));
  const zone = from === null && to === null && named === null ? ok('UTC') : await zoneOf(c, named);
  if (!zone.ok) return problem(c, zone.error);
  const [start, end] = [bound('from', from, zone.value), bound('to', to, zone.value)];
  if (!start.ok) return problem(c, start.error);
  if (!end.ok) return problem(c, end.error);
  // What a list of whole trees costs is what their roots cost with all below them.
  const byCost = chosen.which === 'all' ? 'own' : 'inclusive';
  const order = sort === 'cost' ? byCost : 'recent';
  const range = { from: start.value, to: end.value };
  const asked = { ...filters, ...range, chosen, sort: order, limit: limit + 1, offset } as const;
  const sessions = await ask(c, 'sessions', asked);
  return answer(c, sessions, (rows) => {
    const shown = rows.slice(0, limit).map(showSession);
    const next = rows.length > limit ? offset + limit : null;
    if (!wantsCsv(c, format)) return c.json({ sessions: shown, next });
    if (next !== null) c.header('link', `<${withOffset(c.req.url, next)}>; rel="next"`);
    return sendCsv(c, 'sessions', SESSION_COLUMNS, shown);
  });
}

function chosenBy(given: { readonly [K in 'parent' | 'roots' | 'tree']: string | null }): Chosen | null {
  const { parent, roots, tree } = given;
  if ([parent, roots, tree].filter((one) => one !== null).length > 1) return null;
  if (parent !== null) return { which: 'children', id: parent };
  if (tree !== null) return { which: 'tree', id: tree };
  return { which: roots === null ? 'all' : 'roots' };
}

function bound(name: 'from' | 'to', text: string | null, zone: string): Result<number | null, Refusal> {
  const moment = text === null ? ok(null) : parseMoment(text, zone);
  return moment.ok ? moment : fail(refuse('query-malformed', `${name}: ${moment.error}`));
}

function withOffset(url: string, offset: number): string {
  const { pathname, searchParams } = new URL(url);
  searchParams.set('offset', offset.toString());
  return `${pathname}?${searchParams.toString()}`;
}

/** A page of these is about 2 MB. */
const ENTRIES = 5_000;

/** Of more sessions below one those that were heard of last are shown. */
const TREE = 1_000;

/** With a page of its entries, and all that is below it as a tree. */
export async function getSession(c: Context<Api>): Promise<Response> {
  const query = readQuery(c, { entries_from: whole({ min: 0, max: 100_000_000, otherwise: 0 }) });
  if (!query.ok) return problem(c, query.error);
  const { entries_from: offset } = query.value;
  const id = c.req.param('id') ?? '';
  const found = await ask(c, 'sessions', { ...ANY, chosen: { which: 'tree', id }, limit: TREE + 2 });
  if (!found.ok) return problem(c, found.error);
  const session = found.value.find((row) => row.id === id);
  if (session === undefined) return problem(c, refuse('not-found', `there is no session ${id.slice(0, 80)}`));
  const below = found.value.filter((row) => row.id !== id);
  return answer(c, await ask(c, 'entries', id, ENTRIES + 1, offset), (entries) =>
    c.json({
      ...showSession(session),
      children: showBelow(id, below.slice(0, TREE), new Set([id])),
      children_truncated: below.length > TREE,
      entries: entries.slice(0, ENTRIES).map(showEntry),
      entries_next: entries.length > ENTRIES ? offset + ENTRIES : null,
    }),
  );
}

/** The session's own events in the order of the log: its timeline. */
export async function getSessionEvents(c: Context<Api>): Promise<Response> {
  const query = readQuery(c, {
    after: whole({ min: 0, max: Number.MAX_SAFE_INTEGER, otherwise: 0 }),
    limit: whole({ min: 1, max: 1_000, otherwise: 100 }),
  });
  if (!query.ok) return problem(c, query.error);
  const id = c.req.param('id') ?? '';
  const page = await ask(c, 'timeline', id, query.value);
  return answerPage(c, page, { limit: query.value.limit, matches: ({ session }) => session === id });
}

type Shown = ReturnType<typeof showSession> & { readonly children: readonly Shown[] };

/** Sessions that name each other as parents are shown once. */
function showBelow(id: string, rows: readonly SessionListRow[], shown: Set<string>): Shown[] {
  return rows.flatMap((row) => {
    if (row.parent !== id || shown.has(row.id)) return [];
    shown.add(row.id);
    return [{ ...showSession(row), children: showBelow(row.id, rows, shown) }];
  });
}

function showSession(row: SessionListRow) {
  const { id, parent, title, member, project, status, messages } = row;
  return {
    id,
    parent,
    title,
    member,
    project: project === null ? null : { id: project, name: row.project_name },
    status,
    created_at: iso(row.created_at ?? row.first_at),
    last_at: iso(row.last_at),
    messages,
    unpriced_messages: row.unpriced,
    unlisted_messages: row.unlisted,
    subagents: row.subagents,
    tokens: showTokens(row),
    cost_usd: formatKnown(row.cost, row.unpriced),
    inclusive_cost_usd: formatKnown(row.inclusive, row.inclusive_unpriced),
    inclusive_unpriced_messages: row.inclusive_unpriced,
    reported_usd: formatUsd(row.reported),
    list_usd: formatKnown(row.list, row.unlisted),
    discarded_usd: formatUsd(row.discarded),
    copied_usd: formatUsd(row.copied),
  };
}

export function showEntry(row: EntryListRow) {
  const { message, kind, provider, model, variant, agent, host } = row;
  return {
    message,
    at: iso(row.at),
    finished: row.finished === 1,
    kind,
    provider,
    model,
    variant,
    agent,
    host,
    tokens: showTokens(row),
    cost_usd: row.basis === 'unpriced' ? null : formatUsd(row.cost),
    reported_usd: formatUsd(row.reported),
    list_usd: row.list === null ? null : formatUsd(row.list),
    basis: row.basis,
    price: row.price,
    state: row.state,
    backfilled: row.live === 0,
  };
}

export function showTokens<T>(row: { [K in 'input' | 'output' | 'reasoning' | 'cache_read' | 'cache_write']: T }) {
  const { input, output, reasoning, cache_read, cache_write } = row;
  return { input, output, reasoning, cache_read, cache_write };
}
