// Reads what an event says of itself, whatever it is: an event that an older relay or a newer plugin wrote must still be told.
import { spokenUsd } from './figure.ts';

export interface Fields {
  readonly text: (name: string) => string | null;
  readonly count: (name: string) => number | null;
  /** An amount, rounded for people. */
  readonly usd: (name: string) => string | null;
  readonly inner: (name: string) => Fields;
  readonly list: (name: string) => Fields[];
  readonly texts: (name: string) => string[];
}

export function fieldsOf(value: unknown): Fields {
  const read = (name: string): unknown =>
    typeof value === 'object' && value !== null && Object.hasOwn(value, name)
      ? (value as Record<string, unknown>)[name]
      : undefined;
  const text = (name: string) => {
    const found = read(name);
    return typeof found === 'string' && found !== '' ? found : null;
  };
  return {
    text,
    count(name) {
      const found = read(name);
      return typeof found === 'number' && Number.isFinite(found) ? found : null;
    },
    usd(name) {
      const found = text(name);
      return found === null ? null : spokenUsd(found);
    },
    inner: (name) => fieldsOf(read(name)),
    list(name) {
      const found = read(name);
      return Array.isArray(found) ? found.map(fieldsOf) : [];
    },
    texts(name) {
      const found = read(name);
      return Array.isArray(found) ? found.filter((one) => typeof one === 'string') : [];
    },
  };
}
