// A dimension is one combination of everything spend can be grouped by. There are few combinations and many entries, so the
// ledger holds a number and the combination is stored once.
import type { AssistantMessage, Source } from '../../plugin/contract.ts';
import type { Basis } from './basis.ts';
import type { State } from './entry.ts';

export const DIMENSIONS = [
  'member',
  'project',
  'project_name',
  'branch',
  'host',
  'town',
  'rig',
  'role',
  'worker',
  'bead',
  'provider',
  'model',
  'variant',
  'agent',
  'kind',
  'basis',
  'state',
] as const;

export type DimensionName = (typeof DIMENSIONS)[number];

/** A session is no part of a dimension: there are as many as one likes. What they spent has sums of its own. */
export const GROUPS = [...DIMENSIONS, 'session'] as const;
export type GroupName = (typeof GROUPS)[number];

export type Dimension = { readonly [K in DimensionName]: string | null };

/** What the ledger adds to what source and message say. */
export interface Judged {
  readonly basis: Basis;
  readonly state: State;
}

export function dimensionOf(source: Source, message: AssistantMessage, { basis, state }: Judged): Dimension {
  return {
    member: source.member,
    project: source.project?.id ?? null,
    project_name: source.project?.name ?? null,
    branch: source.branch,
    host: source.host,
    town: source.town?.town ?? null,
    rig: source.town?.rig ?? null,
    role: source.town?.role ?? null,
    worker: source.town?.worker ?? null,
    bead: source.town?.bead ?? null,
    provider: message.provider,
    model: message.model,
    variant: message.variant,
    agent: message.agent,
    kind: message.kind,
    basis,
    state,
  };
}
