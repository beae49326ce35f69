// What a condition may name: a field of the event as the API shows it, or the short name that usage is grouped by.
import * as v from 'valibot';

import type { Source } from '../../plugin/contract.ts';
import { instant } from '../event/schema.ts';
import { parseAmount } from '../ledger/money.ts';

/** As much of an event as conditions look at. Its position and its times are no matter of filters. */
export interface Subject {
  readonly type: string;
  readonly session: string | null;
  readonly data: object;
}

export interface Field {
  readonly kind: Kind;
  /** What stands there. Null is nothing: half of what a source can say is null where it does not apply. */
  readonly values: (event: Subject, source: Source) => readonly unknown[];
}

/** What is written as text and is none: its values are compared by what they stand for. */
export interface Kind {
  readonly isText: boolean;
  /** The place of a value among its like; null where it is not of the kind. */
  readonly rank: (value: unknown) => number | bigint | null;
  readonly must: string;
}

const plain: Kind = {
  isText: true,
  rank: (value) => (typeof value === 'number' ? value : null),
  must: 'must be a number: text has no order',
};
const money: Kind = {
  isText: false,
  rank: (value) => (typeof value === 'string' ? parseAmount(value) : null),
  must: 'must be a decimal string in US dollars such as "1.25"',
};
const time: Kind = {
  isText: false,
  rank: (value) => (v.is(instant, value) ? Date.parse(value) : null),
  must: 'must be an ISO 8601 time in UTC such as "2026-11-20T09:00:00Z"',
};

/** Short names, each for one or more paths: a project is found by its id and by its name, as in `GET /v1/events`. */
const SHORT: Readonly<Record<string, readonly string[]>> = {
  member: ['source.member'],
  project: ['source.project.id', 'source.project.name'],
  project_name: ['source.project.name'],
  branch: ['source.branch'],
  host: ['source.host'],
  town: ['source.town.town'],
  rig: ['source.town.rig'],
  role: ['source.town.role'],
  worker: ['source.town.worker'],
  bead: ['source.town.bead'],
  provider: ['data.provider'],
  model: ['data.model'],
  variant: ['data.variant'],
  agent: ['data.agent'],
  kind: ['data.kind'],
  cost_usd: ['data.cost_usd'],
};

/** A source is known to its last field, so that a wrong name is found at once; what data holds depends on the type. */
const SOURCE = {
  id: [],
  plugin_version: [],
  opencode_version: [],
  host: [],
  member: [],
  project: ['id', 'name'],
  branch: [],
  town: ['town', 'role', 'rig', 'worker', 'bead'],
  backfill: [],
} as const satisfies Record<keyof Source, readonly string[]>;

const SOURCE_PATHS: readonly string[] = Object.entries(SOURCE).flatMap(([name, inner]) => [
  `source.${name}`,
  ...inner.map((one) => `source.${name}.${one}`),
]);

export const FIELDS = `type, session, source.…, data.… or one of ${Object.keys(SHORT).join(', ')}`;

/** Null where there is no such field. */
export function fieldOf(name: string): Field | null {
  const paths = Object.hasOwn(SHORT, name) ? (SHORT[name] ?? []) : [name];
  if (!paths.every(isPath)) return null;
  const reads = paths.map(readerOf);
  return {
    kind: kindOf(name),
    values: (event, source) =>
      reads.map((read) => read(event, source)).filter((value) => value !== null && value !== undefined),
  };
}

function isPath(path: string): boolean {
  return path === 'type' || path === 'session' || SOURCE_PATHS.includes(path) || /^data(?:\.[^.]+)+$/.test(path);
}

function kindOf(name: string): Kind {
  if (name.endsWith('_usd')) return money;
  return name.endsWith('_at') ? time : plain;
}

function readerOf(path: string): (event: Subject, source: Source) => unknown {
  const [root = '', ...keys] = path.split('.');
  if (root === 'source') return (_, source) => inside(source, keys);
  return root === 'data' ? (event) => inside(event.data, keys) : (event) => inside(event, [root]);
}

/** Through objects alone, and what is their own: data is what somebody sent. */
function inside(value: unknown, keys: readonly string[]): unknown {
  let found = value;
  for (const key of keys) {
    if (typeof found !== 'object' || found === null || Array.isArray(found) || !Object.hasOwn(found, key)) return null;
    found = (found as Record<string, unknown>)[key];
  }
  return found;
}
