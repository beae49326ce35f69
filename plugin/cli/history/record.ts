// One row of history becomes what the plugin would have sent had it been there: by the plugin's own code, so that a message
// that is seen both ways has the same figures. What is no message, or one that cannot be right, says so.

import type { AssistantMessage } from '../../contract.ts';
import { fields, name } from '../../field.ts';
import type { Fields } from '../../field.ts';
import { assistantMessage } from '../../messages.ts';
import { noSteps, recordStep } from '../../steps.ts';
import { nanoOfNumber } from './nano.ts';

/** Where in OpenCode's data a row was found: the database, the table of its next version, the files from before. */
export type Shelf = 'legacy' | 'message' | 'session_message';

export interface Session {
  readonly id: string;
  readonly parent: string | null;
  readonly createdAt: number | null;
  readonly directory: string | null;
  readonly worktree: string | null;
  readonly projectId: string | null;
}

/** A row as a shelf gives it; `info` is null where its data are no JSON. */
export interface Row {
  readonly shelf: Shelf;
  readonly id: string | null;
  readonly session: Session;
  readonly createdAt: number | null;
  /** When the row was written last; a copy's id was made a moment before. */
  readonly writtenAt: number | null;
  readonly info: Fields | null;
  /** The step-finish parts. */
  readonly steps: readonly Fields[];
}

/** What the row alone says, before any rule of ours: the other tools count by this. */
export interface Stored {
  readonly cost: bigint;
  readonly tokens: bigint;
  /** A fork copies all of this and gives it a new id. */
  readonly fingerprint: string;
}

export type Reading =
  | { readonly kind: 'message' | 'copy'; readonly row: Row; readonly report: AssistantMessage; readonly stored: Stored }
  | { readonly kind: 'malformed'; readonly row: Row; readonly reason: string; readonly stored: Stored | null }
  /** A question, or an answer that was begun and cost nothing. */
  | { readonly kind: 'nothing' };

export function readRow(row: Row, now: number): Reading {
  const info = row.info;
  if (info === null) return { kind: 'malformed', row, reason: 'its data are no JSON', stored: null };
  if (info.role !== 'assistant') return { kind: 'nothing' };
  const stored = storedOf(info);
  const wrong = (reason: string): Reading => ({ kind: 'malformed', row, reason, stored });
  const id = name(row.id);
  if (id === null) return wrong('it has no id');
  const time = fields(info.time);
  const createdAt = typeof time.created === 'number' ? time.created : row.createdAt;
  if (createdAt === null || !(createdAt >= EARLIEST && createdAt <= now + DAY_MS)) {
    return wrong('its time lies before 2024 or in the future');
  }
  const steps = noSteps();
  for (const step of row.steps) recordStep(steps, step);
  const session = { parent: row.session.parent, createdAt: row.session.createdAt, revert: null, busy: false } as const;
  const whole = { ...info, id, time: { ...time, created: createdAt } };
  const report = assistantMessage(whole, session, steps, row.writtenAt ?? createdAt);
  if (report === null) return { kind: 'nothing' };
  const fault = faultOf(info, report);
  if (fault !== null) return wrong(fault);
  return { kind: report.copied ? 'copy' : 'message', row, report, stored };
}

const DAY_MS = 86_400_000;
/** OpenCode did not exist before. */
const EARLIEST = Date.UTC(2024, 0, 1);

/** The relay would reject these too; found here, they are counted before anything is sent. */
function faultOf(info: Fields, { cost_usd, tokens }: AssistantMessage): string | null {
  if (!/^\d{1,6}(\.\d{1,9})?$/.test(cost_usd)) return `its cost is ${shown(info.cost)}`;
  const wrong = Object.entries(tokens).find(([, count]) => !Number.isSafeInteger(count) || count < 0);
  return wrong === undefined ? null : `its ${wrong[0]} tokens are ${shown(wrong[1])}`;
}

function shown(value: unknown): string {
  return typeof value === 'number' ? String(value) : `no number but ${typeof value}`;
}

function storedOf(info: Fields): Stored {
  const time = fields(info.time);
  const tokens = fields(info.tokens);
  const cache = fields(tokens.cache);
  // Reasoning alone counts for neither of them.
  const counts = [tokens.input, tokens.output, cache.read, cache.write].map(whole);
  const total = counts.reduce((sum, count) => sum + count, 0n) || whole(tokens.total);
  const told = [time.created, time.completed, info.providerID, info.modelID, info.mode ?? info.agent, info.cost];
  return {
    cost: nanoOfNumber(info.cost),
    tokens: total,
    fingerprint: JSON.stringify([...told, ...counts.map(String), String(whole(tokens.reasoning))]),
  };
}

function whole(count: unknown): bigint {
  return typeof count === 'number' && Number.isFinite(count) && count > 0 ? BigInt(Math.trunc(count)) : 0n;
}
