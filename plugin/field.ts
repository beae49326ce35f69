// Reading the fields of objects whose shape nobody promises: OpenCode's events differ from its published types.

import { NAME_CHARS } from './limits.ts';

export type Fields = Readonly<Record<string, unknown>>;

export function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

/**
 * Null for anything that is not a name: a missing field and a wrong one are the same to the relay. What no name may hold is
 * replaced, as a relay refuses the whole batch for a control character or half a surrogate pair in its source.
 */
export function name(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  return (
    value
      .slice(0, NAME_CHARS)
      .replace(/\p{Cc}/gu, ' ')
      .toWellFormed()
      .trim() || null
  );
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Milliseconds since the epoch as ISO 8601, or null for what is no time. */
export function iso(value: unknown): string | null {
  const time = typeof value === 'number' ? new Date(value) : null;
  return time && Number.isFinite(time.getTime()) ? time.toISOString() : null;
}
