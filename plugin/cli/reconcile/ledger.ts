// The relay's side: all sessions of the team with what they cost, and the entries of those that this machine has.

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
  /** The machine that it was done on, or first heard of from. */
  readonly host: string;
}

export interface LedgerSession {
  readonly id: string;
  /** On this machine; a session that is shared or imported has costs on others too. */
  readonly cost: bigint;
  readonly elsewhere: bigint;
  readonly isSubagent: boolean;
  /** `deleted here` had work of this machine, and is no more. */
  readonly place: 'here' | 'deleted here' | 'elsewhere';
  /** This machine's, and those of others. */
  readonly entries: readonly LedgerEntry[];
  readonly foreign: readonly LedgerEntry[];
}

export interface Machine {
  readonly host: string;
  /** That its database has. */
  readonly sessions: ReadonlySet<string>;
}

const PAGE = 1_000;

export async function readLedger(
  connection: Connection,
  machine: Machine,
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
  return eachOf(rows, (row) => readSession(connection, row, machine, io));
}

async function readSession(
  connection: Connection,
  row: Fields,
  { host, sessions }: Machine,
  io: Pick<Io, 'fetch'>,
): Promise<Outcome<LedgerSession>> {
  const id = String(row.id);
  // Null is what nobody knows.
  const all = row.cost_usd === null ? 0n : nanoOf(row.cost_usd);
  if (all === null) return failed(`the relay's session ${id} has no cost`);
  const session = { id, isSubagent: typeof row.parent === 'string' };
  const isHere = sessions.has(id);
  if (!isHere && row.status !== 'deleted')
    return done({ ...session, place: 'elsewhere', cost: 0n, elsewhere: all, entries: [], foreign: [] });
  const read = await readEntries(connection, id, io);
  if (read.kind !== 'done') return read;
  const entries = read.value.filter((entry) => entry.host === host);
  const foreign = read.value.filter((entry) => entry.host !== host);
  const elsewhere = entries.length === 0 && !isHere ? all : foreign.reduce((sum, { cost }) => sum + cost, 0n);
  const place = isHere ? 'here' : 'deleted here';
  return done({ ...session, place, cost: all - elsewhere, elsewhere, entries, foreign });
}

async function readEntries(
  connection: Connection,
  session: string,
  io: Pick<Io, 'fetch'>,
): Promise<Outcome<readonly LedgerEntry[]>> {
  const entries: LedgerEntry[] = [];
  for (let from: unknown = 0; typeof from === 'number';) {
    const asked = { path: `v1/sessions/${encodeURIComponent(session)}`, query: { entries_from: String(from) } };
    const answer = await ask(connection, asked, io);
    if (answer.kind !== 'done') return answer;
    const page = fields(answer.value.json);
    entries.push(...list(page.entries).map(entryOf));
    from = page.entries_next;
  }
  return done(entries);
}

function entryOf(value: unknown): LedgerEntry {
  const { message, at, cost_usd, list_usd, basis, state, host } = fields(value);
  const known = { message: String(message), at: Date.parse(String(at)), basis: String(basis), host: String(host) };
  return { ...known, cost: nanoOf(cost_usd) ?? 0n, list: nanoOf(list_usd), isDiscarded: state === 'discarded' };
}
