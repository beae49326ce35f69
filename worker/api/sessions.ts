// GET /v1/sessions and GET /v1/sessions/:id: what each session is, what it cost alone and with its sub-agents.
import type { Context } from 'hono';

import { formatUsd } from '../ledger/money.ts';
import type { EntryListRow, SessionListRow } from '../store/session-list.ts';
import type { Api } from './context.ts';
import { problem, refuse } from './problem.ts';
import { oneOf, readQuery, text, whole } from './query.ts';
import { answer, iso, teamOf } from './team.ts';

const QUERY = {
  member: text,
  project: text,
  parent: text,
  sort: oneOf(['recent', 'cost']),
  limit: whole({ min: 1, max: 1_000, otherwise: 100 }),
  offset: whole({ min: 0, max: 1_000_000, otherwise: 0 }),
};

export async function getSessions(c: Context<Api>): Promise<Response> {
  const query = readQuery(c, QUERY);
  if (!query.ok) return problem(c, query.error);
  const { sort, limit, offset } = query.value;
  const asked = { ...query.value, id: null, sort: sort ?? 'recent', limit: limit + 1 };
  const sessions = await teamOf(c).sessions(c.var.credential, asked);
  return answer(c, sessions, (rows) =>
    c.json({ sessions: rows.slice(0, limit).map(showSession), next: rows.length > limit ? offset + limit : null }),
  );
}

export async function getSession(c: Context<Api>): Promise<Response> {
  const id = c.req.param('id') ?? '';
  const any = { member: null, project: null, sort: 'recent', limit: 1_000, offset: 0 } as const;
  const team = teamOf(c);
  const found = await team.sessions(c.var.credential, { ...any, id, parent: null });
  if (!found.ok) return problem(c, found.error);
  const [session] = found.value;
  if (session === undefined) return problem(c, refuse('not-found', `there is no session ${id.slice(0, 80)}`));
  const children = await team.sessions(c.var.credential, { ...any, id: null, parent: id });
  if (!children.ok) return problem(c, children.error);
  return answer(c, await team.entries(c.var.credential, id), (entries) =>
    c.json({ ...showSession(session), children: children.value.map(showSession), entries: entries.map(showEntry) }),
  );
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
    tokens: showTokens(row),
    cost_usd: formatUsd(row.cost),
    inclusive_cost_usd: formatUsd(row.inclusive),
    reported_usd: formatUsd(row.reported),
    list_usd: formatUsd(row.list),
    discarded_usd: formatUsd(row.discarded),
  };
}

function showEntry(row: EntryListRow) {
  const { message, kind, provider, model, variant, agent } = row;
  return {
    message,
    at: iso(row.at),
    finished: row.finished === 1,
    kind,
    provider,
    model,
    variant,
    agent,
    tokens: showTokens(row),
    cost_usd: formatUsd(row.cost),
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
