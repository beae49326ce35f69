// The three kinds of line in a spool file: who sends what follows, an event, and how far everything is done.

import type { Source, SourceEvent } from './contract.ts';
import { fields } from './field.ts';

export type Line =
  | { readonly kind: 'source'; readonly source: Source }
  | { readonly kind: 'event'; readonly event: SourceEvent }
  /** Every line before this byte was stored by the relay or given up. */
  | { readonly kind: 'done'; readonly offset: number }
  /** Cut off by a kill or a full disk. */
  | { readonly kind: 'torn' };

export function sourceLine(source: Source): string {
  return `${JSON.stringify({ source })}\n`;
}

export function eventLine(event: SourceEvent): string {
  return `${JSON.stringify(event)}\n`;
}

export function doneLine(offset: number): string {
  return `{"done":${offset}}\n`;
}

/** The plugin wrote these lines itself, so their shape is trusted once they are whole. */
export function parseLine(text: string): Line {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: 'torn' };
  }
  const line = fields(value);
  if (typeof line.seq === 'number' && typeof line.type === 'string')
    return { kind: 'event', event: line as unknown as SourceEvent };
  if (typeof line.done === 'number') return { kind: 'done', offset: line.done };
  const source = fields(line.source);
  return typeof source.id === 'string' ? { kind: 'source', source: source as unknown as Source } : { kind: 'torn' };
}
