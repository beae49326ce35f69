// From messages to the events that tell of them. Before the first message of a session its own description goes, and before that
// its parent's: a sub-agent's cost belongs to the session that started it, though that one may have no message left.

import type { Reading, Session } from '../history/record.ts';
import type { Whose } from '../history/whose.ts';
import type { Draft } from './outbox.ts';

export interface Drafting {
  readonly whose: Whose;
  readonly find: (session: string) => Session | null;
  /** Sessions that this run has described. */
  readonly described: Set<string>;
}

export function draftsOf(records: readonly Reading[], { whose, find, described }: Drafting): readonly Draft[] {
  return records.flatMap((record) => {
    if (record.kind !== 'message') return [];
    const { row, report } = record;
    const message: Draft = {
      source: whose(row.session),
      event: {
        id: `gl_${report.message}`,
        type: 'message.updated',
        time: report.completed_at ?? report.created_at,
        session: row.session.id,
        data: report,
      },
    };
    return [...describe(row.session), message];
  });

  function describe(session: Session): readonly Draft[] {
    if (described.has(session.id)) return [];
    described.add(session.id);
    const above = session.parent === null ? null : find(session.parent);
    const before = above === null ? [] : describe(above);
    // A session that is gone from the database has nothing to say of itself.
    if (session.createdAt === null) return before;
    const created_at = new Date(session.createdAt).toISOString();
    return [
      ...before,
      {
        source: whose(session),
        event: {
          id: `gl_${session.id}`,
          type: 'session.created',
          time: created_at,
          session: session.id,
          data: { parent: session.parent, created_at, title: null },
        },
      },
    ];
  }
}
