// A message as the relay lends it, read from its answer.

import { fields, list } from '../field.ts';

export interface Letter {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly body: string;
  readonly priority: string;
  readonly type: string;
  readonly at: string;
  /** Those of the mailboxes asked about that it lies in. */
  readonly addresses: readonly string[];
}

/** Null for what has no id that could name it to the relay and to a model. */
export function readLetter(value: unknown): Letter | null {
  const { id, from, to, subject, body, priority, type, timestamp, addresses } = fields(value);
  if (typeof id !== 'string' || !/^\w{1,64}$/.test(id)) return null;
  return {
    id,
    from: text(from),
    to: text(to),
    subject: text(subject),
    body: text(body),
    priority: text(priority),
    type: text(type),
    at: text(timestamp),
    addresses: list(addresses).filter((address) => typeof address === 'string'),
  };
}

export function readLetters(value: unknown): readonly Letter[] {
  return list(value).flatMap((entry) => readLetter(entry) ?? []);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
