// This machine's side: every row that costs something, whatever the ledger makes of it.

import type { History } from '../history/history.ts';
import type { Reading, Shelf, Stored } from '../history/record.ts';

export interface LocalMessage {
  readonly session: string;
  readonly message: string | null;
  readonly shelf: Shelf;
  readonly kind: 'message' | 'copy' | 'malformed';
  readonly model: string;
  readonly at: number;
  readonly stored: Stored;
}

export interface Local {
  readonly messages: readonly LocalMessage[];
  /** Also those that have no message left. */
  readonly sessions: ReadonlySet<string>;
  readonly sessionCosts: ReadonlyMap<string, number>;
}

export function readLocal(history: History, now: number): Local {
  const messages: LocalMessage[] = [];
  for (const page of history.pages(null, now)) {
    for (const record of page.records) messages.push(...localOf(record));
  }
  const sessions = new Set([...history.sessionCosts.keys(), ...messages.map(({ session }) => session)]);
  return { messages, sessions, sessionCosts: history.sessionCosts };
}

function localOf(record: Reading): readonly LocalMessage[] {
  if (record.kind === 'nothing' || record.stored === null) return [];
  const { row, stored, kind } = record;
  const model = typeof row.info?.modelID === 'string' ? row.info.modelID : 'unknown';
  const at = record.kind === 'malformed' ? (row.createdAt ?? 0) : Date.parse(record.report.created_at);
  return [{ session: row.session.id, message: row.id, shelf: row.shelf, kind, model, at, stored }];
}
