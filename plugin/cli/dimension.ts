// What spend can be grouped and filtered by, and how a table calls it. A test holds the names against the relay's.

export const DIMENSIONS = {
  member: 'Member',
  project: 'Project',
  project_name: 'Project name',
  branch: 'Branch',
  host: 'Host',
  town: 'Town',
  rig: 'Rig',
  role: 'Role',
  worker: 'Worker',
  bead: 'Bead',
  provider: 'Provider',
  model: 'Model',
  variant: 'Variant',
  agent: 'Agent',
  kind: 'Kind',
  basis: 'Basis',
  state: 'State',
} as const;

export type DimensionName = keyof typeof DIMENSIONS;

export const NAMES = Object.keys(DIMENSIONS) as readonly DimensionName[];

/** To group by there are the sessions too. */
export const GROUPS = { ...DIMENSIONS, session: 'Session' } as const;
export type GroupName = keyof typeof GROUPS;

/** What people know by another name than its id. */
const TITLES: { readonly [K in GroupName]?: Label } = { project: 'project_name', session: 'session_title' };
export type Label = GroupName | 'session_title';

export function titleOf(name: GroupName): Label | null {
  return TITLES[name] ?? null;
}

/** The columns that a row is labelled by. */
export function labelsOf(by: readonly GroupName[]): readonly Label[] {
  return [...new Set([...by, ...by.flatMap((name) => titleOf(name) ?? [])])];
}
