// Sessions that nobody started but a person, each with the sub-agents below it, as the relay orders them.

import { fields, list } from '../field.ts';
import { done, failed, type Io, type Outcome } from './command.ts';
import type { Connection } from './connection.ts';
import { eachOf } from './each.ts';
import { nanoOf } from './figure.ts';
import { groupBy } from './group.ts';
import { ask } from './relay.ts';

export interface Session {
  readonly id: string;
  readonly parent: string | null;
  readonly title: string;
  readonly member: string;
  readonly project: string;
  readonly at: number;
  readonly messages: number;
  readonly own: Spend;
  readonly inclusive: Spend;
  /** How many are below it, at every depth. */
  readonly subagents: number;
}

export interface Spend {
  readonly nano: bigint;
  /** Messages without a known price. */
  readonly unpriced: number;
}

export interface Tree {
  /** Each with its depth, the root first. */
  readonly sessions: readonly (readonly [Session, number])[];
  /** How many the relay did not give at once. */
  readonly more: number;
}

/** The most that the relay gives at once. */
const PAGE = '1000';
/** The trees of an answer of roots. */
export async function readTrees(
  roots: unknown,
  sort: string,
  connection: Connection,
  io: Pick<Io, 'fetch'>,
): Promise<Outcome<readonly Tree[]>> {
  const read = sessionsOf(roots);
  return read.kind === 'done' ? eachOf(read.value, (root) => readTree(root, sort, connection, io)) : read;
}

async function readTree(
  root: Session,
  sort: string,
  connection: Connection,
  io: Pick<Io, 'fetch'>,
): Promise<Outcome<Tree>> {
  if (root.subagents === 0) return done({ sessions: [[root, 0]], more: 0 });
  const answer = await ask(connection, { path: 'v1/sessions', query: { tree: root.id, sort, limit: PAGE } }, io);
  if (answer.kind !== 'done') return answer;
  const page = sessionsOf(answer.value.json);
  if (page.kind !== 'done') return page;
  const started = groupBy(page.value, ({ parent }) => parent);
  const seen = new Set<string>();
  const below = (session: Session, depth: number): (readonly [Session, number])[] => {
    if (seen.has(session.id)) return [];
    seen.add(session.id);
    return [[session, depth], ...(started.get(session.id) ?? []).flatMap((child) => below(child, depth + 1))];
  };
  const sessions = below(root, 0);
  return done({ sessions, more: Math.max(0, root.subagents + 1 - sessions.length) });
}

function sessionsOf(json: unknown): Outcome<readonly Session[]> {
  const given = list(fields(json).sessions);
  const read = given.flatMap((value) => sessionOf(value) ?? []);
  return read.length === given.length
    ? done(read)
    : failed('the relay answers in a form not known here: is one of the two newer?');
}

function sessionOf(value: unknown): Session | null {
  const given = fields(value);
  const text = (of: unknown) => (typeof of === 'string' ? of : '');
  const own = spendOf(given.cost_usd, given.unpriced_messages);
  const inclusive = spendOf(given.inclusive_cost_usd, given.inclusive_unpriced_messages);
  const at = Date.parse(text(given.last_at));
  if (typeof given.id !== 'string' || own === null || inclusive === null || Number.isNaN(at)) return null;
  return {
    id: given.id,
    parent: typeof given.parent === 'string' ? given.parent : null,
    title: text(given.title),
    member: text(given.member),
    project: text(fields(given.project).name) || text(fields(given.project).id),
    at,
    messages: Number(given.messages),
    own,
    inclusive,
    subagents: Number(given.subagents),
  };
}

function spendOf(usd: unknown, unpriced: unknown): Spend | null {
  const nano = usd === null ? 0n : nanoOf(usd);
  return nano === null || typeof unpriced !== 'number' ? null : { nano, unpriced };
}
