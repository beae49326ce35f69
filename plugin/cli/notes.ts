// What stands under the table: spend that a total alone would hide.

import { counted, dollars } from './figure.ts';
import type { Paint } from './paint.ts';
import { wrap } from './table.ts';
import { plain } from './text.ts';
import type { Figures } from './usage.ts';

export interface Unpriced {
  readonly model: string;
  readonly messages: number;
}

const MOST_MODELS = 10;

export function notesOf(
  { money, unpriced_messages: messages }: Figures,
  unpriced: readonly Unpriced[],
  columns: number | null,
  paint: Paint,
): readonly string[] {
  const notes = [
    ...unpricedNotes(messages, unpriced),
    ...(money.discarded_usd === 0n
      ? []
      : [`${dollars(money.discarded_usd)} of it went into work that was reverted or deleted.`]),
    ...lateNotes(money.late_usd),
    ...(money.copied_usd === 0n ? [] : [`Forks reported ${dollars(money.copied_usd)} once more: not in the total.`]),
  ];
  const lines = notes.flatMap((note) => wrap(note, columns)).map((line) => paint(line, 'warning'));
  return lines.length === 0 ? [] : ['', ...lines];
}

/** A correction can go either way: a new price may be a lower one. */
function lateNotes(late: bigint): readonly string[] {
  if (late === 0n) return [];
  return late > 0n
    ? [`${dollars(late)} of it arrived more than an hour after its period had ended.`]
    : [`Corrections after a period had ended took ${dollars(-late)} off it.`];
}

function unpricedNotes(messages: number, unpriced: readonly Unpriced[]): readonly string[] {
  if (messages === 0) return [];
  if (unpriced.length === 0) return [note(messages, '')];
  const named = unpriced.toSorted((a, b) => b.messages - a.messages).slice(0, MOST_MODELS);
  const rest = unpriced.length - named.length;
  const left = messages - named.reduce((sum, one) => sum + one.messages, 0);
  return [
    ...named.map(({ model, messages }) => note(messages, ` of ${plain(model)}`)),
    ...(rest === 0 ? [] : [note(left, ` of ${counted(rest, 'more model')}`)]),
  ];
}

function note(messages: number, of: string): string {
  return `${counted(messages, 'message')}${of} ${messages === 1 ? 'has' : 'have'} no known price: not in the total.`;
}
