// What OpenCode keeps on its disk while a team works, and what the other tools add up from it: each by its own rule, over rows, with
// nothing that the Worker has. Forks copy rows under new ids, reverts and deletions take rows away, the events say so.
import * as fc from 'fast-check';

import type { SourceEvent } from '../../plugin/contract.ts';
import { event, message } from './builders.ts';

export interface Row {
  readonly session: string;
  readonly id: string;
  readonly at: number;
  readonly model: keyof typeof MODELS;
  /** In cents. */
  readonly cost: number;
  readonly tokens: number;
  readonly isCopy: boolean;
}

/** What a thousand tokens cost by the team's own price, in cents, and whether a subscription covers it. */
export const MODELS = {
  listed: { cents: 2, isPlan: false },
  planned: { cents: 3, isPlan: true },
  unknown: { cents: null, isPlan: false },
} as const;

const START = Date.UTC(2026, 10, 20, 9);

/** Under a subscription OpenCode stores no cost. */
const used = fc.constantFrom(
  ...(['listed', 'unknown'] as const).flatMap((model) => [0, 1, 50].map((cost) => ({ model, cost }))),
  { model: 'planned' as const, cost: 0 },
);

export const step = fc.record({
  kind: fc.constantFrom('work', 'work', 'work', 'fork', 'revert', 'delete'),
  session: fc.nat({ max: 4 }),
  row: fc.nat({ max: 4 }),
  used,
  tokens: fc.constantFrom(1_000, 7_000),
});
export type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

export interface Life {
  readonly events: readonly SourceEvent[];
  readonly rows: readonly Row[];
}

export function live(steps: readonly Step[]): Life {
  const events: SourceEvent[] = [];
  const sessions: Row[][] = [[]];
  const say = (make: (seq: number) => SourceEvent) => events.push(make(events.length + 1));
  const nameOf = (session: number) => `ses_${session}`;
  const write = (row: Row) => {
    const created_at = new Date(row.at).toISOString();
    const tokens = { input: row.tokens, output: 0, reasoning: 0, cache_read: 0, cache_write: 0 };
    const data = { message: row.id, created_at, provider: 'acme', model: row.model, tokens, copied: row.isCopy };
    say((seq) => message(seq, { ...data, cost_usd: (row.cost / 100).toFixed(2) }, { session: row.session }));
  };
  for (const [
    index,
    {
      kind,
      session: any,
      row: which,
      used: { model, cost },
      tokens,
    },
  ] of steps.entries()) {
    const at = any % sessions.length;
    const rows = sessions[at] ?? [];
    const session = nameOf(at);
    if (kind === 'work') {
      const row = { session, id: `msg_${index}`, at: START + index * 1_000, model, cost, tokens, isCopy: false };
      rows.push(row);
      write(row);
    } else if (kind === 'fork') {
      const fork = nameOf(sessions.length);
      const copies = rows.map((row, place) => ({ ...row, session: fork, id: `msg_${index}_${place}`, isCopy: true }));
      sessions.push(copies);
      for (const copy of copies) write(copy);
    } else if (kind === 'revert') {
      for (const { id } of rows.splice(which))
        say((seq) => event(seq, 'message.removed', { message: id }, { session }));
    } else {
      rows.length = 0;
      const info = { parent: null, created_at: new Date(START).toISOString(), title: null };
      const time = new Date(START + index * 1_000 + 500).toISOString();
      say((seq) => event(seq, 'session.deleted', info, { session, time }));
    }
  }
  return { events, rows: sessions.flat() };
}

const sum = (rows: readonly Row[], cents: (row: Row) => number) => rows.reduce((all, row) => all + cents(row), 0);

/** Each tool's figure in cents. What the relay says it cannot know is left out: ccusage's own price of a copy. */
export function tools(rows: readonly Row[]): Record<'opencode stats' | 'ccusage' | 'tokscale', number> {
  const once = new Map(rows.map((row) => [JSON.stringify([row.at, row.model, row.cost, row.tokens]), row]));
  const priced = ({ isCopy, tokens, model }: Row) => (isCopy ? 0 : (tokens / 1_000) * (MODELS[model].cents ?? 0));
  return {
    'opencode stats': sum(rows, ({ cost }) => cost),
    ccusage: sum(rows, (row) => (row.cost > 0 ? row.cost : priced(row))),
    tokscale: sum([...once.values()], ({ cost }) => cost),
  };
}
