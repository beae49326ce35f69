// Reading the fields of objects whose shape nobody promises: OpenCode's events differ from its published types.

import { NAME_CHARS } from './limits.ts';

export type Fields = Readonly<Record<string, unknown>>;

export function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

/** Null for anything that is not a name: a missing field and a wrong one are the same to the relay. */
export function name(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value.slice(0, NAME_CHARS) : null;
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Milliseconds since the epoch as ISO 8601, or null for what is no time. */
export function iso(value: unknown): string | null {
  const time = typeof value === 'number' ? new Date(value) : null;
  return time && Number.isFinite(time.getTime()) ? time.toISOString() : null;
}
