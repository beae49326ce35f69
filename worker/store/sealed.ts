// Which of the team's rows still hang on a secret of the operator's that is not the newest, and how they come off it.
import type { Database } from './database.ts';
import { parseEndpoint, type EndpointRow, type PushEndpoint } from './endpoints.ts';

/** What of an endpoint is sealed, and the origin that stands beside it. */
export type Sealed = Pick<PushEndpoint, 'url' | 'origin' | 'secret' | 'retired'>;

/** How much still needs a previous secret. */
export interface Stale {
  readonly endpoints: number;
  readonly tokens: number;
}

/** In order of their ids, after one of them. A url that was never sealed is under no key at all. */
export function listStale({ sql }: Database, key: string, after: string, limit: number): PushEndpoint[] {
  return sql
    .exec<EndpointRow>(
      /* sql */ `SELECT *
                   FROM endpoint
                  WHERE id > ?1
                    AND kind <> 'pull'
                    AND (url NOT GLOB ?2
                         OR secret NOT GLOB ?2
                         OR EXISTS (SELECT 1 FROM json_each(retired) WHERE value ->> 'secret' NOT GLOB ?2))
                  ORDER BY id
                  LIMIT ?3`,
      after,
      `a2.${key}.*`,
      limit,
    )
    .toArray()
    .map(parseEndpoint)
    .filter((endpoint) => endpoint.kind !== 'pull');
}

export function countStale(db: Database, key: string): Stale {
  const [row] = db.sql.exec<{ tokens: number }>(
    /* sql */ `SELECT count(*) AS tokens FROM token WHERE revoked IS NULL AND made_by IS NOT ?`,
    key,
  );
  return { endpoints: listStale(db, key, '', -1).length, tokens: row?.tokens ?? 0 };
}

/** Unless an admin, or the end of a rotation, has changed it meanwhile: then it is looked at again. */
export function replaceSealed({ sql }: Database, was: PushEndpoint, now: Sealed): void {
  sql.exec(
    /* sql */ `UPDATE endpoint
                  SET url = ?1, origin = ?2, secret = ?3, retired = ?4
                WHERE id = ?5
                  AND url = ?6
                  AND secret = ?7
                  AND retired = ?8`,
    now.url,
    now.origin,
    now.secret,
    JSON.stringify(now.retired),
    was.id,
    was.url,
    was.secret,
    JSON.stringify(was.retired),
  );
}
