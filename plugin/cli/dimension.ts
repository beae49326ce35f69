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
