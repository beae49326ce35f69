// The relay's side: all sessions of the team with what they cost, and the entries of those that this machine has.

import { hostname } from 'node:os';

import { fields, list, type Fields } from '../../field.ts';
import { done, failed, type Io, type Outcome } from '../command.ts';
import type { Connection } from '../connection.ts';
import { eachOf } from '../each.ts';
import { nanoOf } from '../figure.ts';
import { ask } from '../relay.ts';

export interface LedgerEntry {
  readonly message: string;
  readonly at: number;
  readonly cost: bigint;
  /** By the price book; null where it has no price. */
  readonly list: bigint | null;
  readonly basis: string;
  readonly isDiscarded: boolean;
}

export interface LedgerSession {
  readonly id: string;
  readonly cost: bigint;
  readonly isSubagent: boolean;
  /** Where the relay has it from; `here` too when it was deleted here. */
  readonly place: 'here' | 'deleted here' | 'elsewhere';
  /** Of those that are here. */
  readonly entries: readonly LedgerEntry[];
}

const PAGE = 1_000;

export async function readLedger(
  connection: Connection,
  local: ReadonlySet<string>,
  io: Pick<Io, 'fetch'>,
): Promise<Outcome<readonly LedgerSession[]>> {
  const rows: Fields[] = [];
  for (let offset: unknown = 0; typeof offset === 'number';) {
    const query = { limit: String(PAGE), offset: String(offset) };
    const answer = await ask(connection, { path: 'v1/sessions', query }, io);
    if (answer.kind !== 'done') return answer;
    const page = fields(answer.value.json);
    rows.push(...list(page.sessions).map(fields));
    offset = page.next;
  }
  return eachOf(rows, (row) => readSession(connection, row, local, io));
}

async function readSession(
  connection: Connection,
  row: Fields,
  local: ReadonlySet<string>,
  io: Pick<Io, 'fetch'>,
): Promise<Outcome<LedgerSession>> {
  const id = String(row.id);
  const cost = nanoOf(row.cost_usd);
  if (cost === null) return failed(`the relay's session ${id} has no cost`);
  const session = { id, cost, isSubagent: typeof row.parent === 'string', entries: [] };
  if (!local.has(id)) {
    const isDeletedHere = row.status === 'deleted' && (await hostOf(connection, id, io)) === hostname();
    return done({ ...session, place: isDeletedHere ? 'deleted here' : 'elsewhere' });
  }
  const entries: LedgerEntry[] = [];
  for (let from: unknown = 0; typeof from === 'number';) {
    const asked = { path: `v1/sessions/${encodeURIComponent(id)}`, query: { entries_from: String(from) } };
    const answer = await ask(connection, asked, io);
    if (answer.kind !== 'done') return answer;
    const page = fields(answer.value.json);
    entries.push(...list(page.entries).map(entryOf));
    from = page.entries_next;
  }
  return done({ ...session, place: 'here', entries });
}

function entryOf(value: unknown): LedgerEntry {
  const { message, at, cost_usd, list_usd, basis, state } = fields(value);
  const known = { message: String(message), at: Date.parse(String(at)), basis: String(basis) };
  return { ...known, cost: nanoOf(cost_usd) ?? 0n, list: nanoOf(list_usd), isDiscarded: state === 'discarded' };
}

/** Which machine's it was; null where the log no longer goes back so far. */
async function hostOf(connection: Connection, session: string, io: Pick<Io, 'fetch'>): Promise<unknown> {
  const answer = await ask(connection, { path: 'v1/events', query: { session, limit: '1' } }, io);
  if (answer.kind !== 'done') return null;
  const [event] = list(fields(answer.value.json).events);
  return fields(fields(event).source).host ?? null;
}
