// Which projects ever went by a name. One project has several where its clones have several origins, and one name leads to several
// where a repository was begun anew.
import type { ProjectNames, Scope } from '../budget/budget.ts';
import type { Database } from './database.ts';

/** The ids of the projects that scopes name, each found by a step in an index: there are far more dimensions than projects. */
export function readProjectNames({ sql }: Database, scopes: readonly (Scope | null)[]): ProjectNames {
  const names = new Set(scopes.flatMap((scope) => (scope?.by === 'project' ? scope.value : [])));
  const ids = new Map([...names].map((name) => [name, new Set<string>()]));
  if (names.size === 0) return ids;
  const rows = sql.exec<{ name: string; id: string }>(
    /* sql */ `WITH RECURSIVE found AS (
                 SELECT value AS name, (SELECT min(project) FROM dimension WHERE project_name = value) AS id
                   FROM json_each(?)
                  UNION ALL
                 SELECT name, (SELECT min(project) FROM dimension WHERE project_name = found.name AND project > found.id)
                   FROM found
                  WHERE id IS NOT NULL
               )
               SELECT name, id FROM found WHERE id IS NOT NULL`,
    JSON.stringify([...names]),
  );
  for (const { name, id } of rows) ids.get(name)?.add(id);
  return ids;
}
