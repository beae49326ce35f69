// An event of the log as it came from the relay, and what a line about it says.

import { type Fields, fields } from '../../field.ts';
import { dollars, nanoOf } from '../figure.ts';
import { plain, shorten } from '../text.ts';

export interface Entry {
  readonly id: string;
  readonly type: string;
  readonly at: number;
  readonly member: string;
  readonly project: string;
  readonly session: string;
  readonly data: Fields;
  /** The whole of it. */
  readonly event: unknown;
}

/** Null for what is no event. */
export function entryOf(event: unknown): Entry | null {
  const { id, type, timestamp, session, source, data } = fields(event);
  const at = typeof timestamp === 'string' ? Date.parse(timestamp) : Number.NaN;
  if (typeof id !== 'string' || typeof type !== 'string' || Number.isNaN(at)) return null;
  const { member, project } = fields(source);
  const { id: root, name } = fields(project);
  return {
    id,
    type,
    at,
    member: text(member),
    project: text(name) || text(root),
    session: text(session),
    data: fields(data),
    event,
  };
}

const MOST_FACTS = 4;
const FACT_COLUMNS = 60;

/** What happened, as far as a line has room for it; of what others wrote, nothing that a terminal would obey. */
export function factsOf({ type, data }: Entry): readonly string[] {
  const facts = (Object.hasOwn(FACTS, type) ? FACTS[type] : undefined)?.(data) ?? scalarsOf(data);
  return facts.flatMap((fact) => (fact === '' ? [] : shorten(plain(fact), FACT_COLUMNS))).slice(0, MOST_FACTS);
}

const FACTS: Readonly<Record<string, (data: Fields) => readonly string[]>> = {
  'message.updated'(data) {
    const cost = nanoOf(data.cost_usd);
    const isOpen = data.completed_at === null;
    return [
      cost === null ? '' : `${dollars(cost)}${isOpen ? ' so far' : ''}`,
      `${text(data.provider)}/${text(data.model)}`,
      text(data.agent),
      errorOf(data.error),
    ];
  },
  'session.error': (data) => [errorOf(data.error)],
};

function errorOf(error: unknown): string {
  const { name, status } = fields(error);
  return [text(name), typeof status === 'number' ? status.toString() : ''].join(' ').trim();
}

/** Times say little beside the line's own. */
function scalarsOf(data: Fields): readonly string[] {
  return Object.entries(data).flatMap(([name, value]) => {
    const isTold = ['string', 'number', 'boolean'].includes(typeof value) && !name.endsWith('_at');
    return isTold ? `${name}=${String(value)}` : [];
  });
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
