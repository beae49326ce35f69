// What of OpenCode's tables is read: the columns named here and of a message's data the fields named here, picked by SQLite
// itself, so that no prompt, title or credential is ever read into this process. OpenCode changes its tables from release to
// release: a column that is not there reads as null.

import type { Fields } from '../../field.ts';
import { fields } from '../../field.ts';
import type { Reader } from './sqlite.ts';
import type { Row, Session, Shelf } from './record.ts';

export type Table = Exclude<Shelf, 'legacy'>;

/** The time of each row and its id, in that order: the place to go on from. */
export interface Key {
  readonly at: number;
  readonly id: string;
}

export interface Tables {
  readonly has: (table: Table) => boolean;
  readonly count: (table: Table, since: number) => number;
  /** Rows that have no id cannot be asked for one by one. */
  readonly nameless: (table: Table) => number;
  readonly keysAfter: (table: Table, after: Key, since: number, limit: number) => readonly Key[];
  readonly rows: (table: Table, ids: readonly string[]) => readonly Row[];
  readonly sessions: (ids: readonly string[]) => ReadonlyMap<string, Session>;
  /** Which of the ids the table has. */
  readonly known: (table: Table, ids: readonly string[]) => ReadonlySet<string>;
  /** What OpenCode itself says that each session cost. */
  readonly sessionCosts: () => ReadonlyMap<string, number>;
}

/** A text or a missing time sorts as 0; no index has the time first, so that nothing is lost by the cast. */
const AT = /* sql */ `coalesce(CAST(time_created AS REAL), 0)`;
const ONLY = { message: '1', session_message: /* sql */ `type = 'assistant'` } as const;

export function openTables(reader: Reader): Tables {
  const columns = new Map(TABLES.map((table) => [table, columnsOf(reader, table)]));
  const has = (table: string): boolean => (columns.get(table)?.size ?? 0) > 0;
  const pick = (table: string, alias: string, names: readonly string[]): string =>
    names.map((name) => (columns.get(table)?.has(name) ? `${alias}.${name}` : `NULL AS ${name}`)).join(', ');
  const hasTime = (table: Table): boolean => columns.get(table)?.has('time_created') ?? false;

  return {
    has: (table) => has(table) && hasTime(table),
    count: (table, since) =>
      number(reader.all(/* sql */ `SELECT count(*) AS n FROM ${table} WHERE ${ONLY[table]} AND ${AT} >= ?`, since)),
    nameless: (table) => number(reader.all(/* sql */ `SELECT count(*) AS n FROM ${table} WHERE typeof(id) <> 'text'`)),
    keysAfter: (table, after, since, limit) =>
      reader
        .all(
          /* sql */ `SELECT ${AT} AS at, id
                       FROM ${table}
                      WHERE ${ONLY[table]} AND typeof(id) = 'text' AND ${AT} >= ? AND (${AT}, id) > (?, ?)
                      ORDER BY 1, 2
                      LIMIT ?`,
          since,
          after.at,
          after.id,
          limit,
        )
        .map(({ at, id }) => ({ at: Number(at), id: String(id) })),
    rows,
    sessions,
    known: (table, ids) =>
      new Set(
        has(table)
          ? reader
              .all(
                /* sql */ `SELECT t.id FROM json_each(?) AS wanted JOIN ${table} AS t ON t.id = wanted.value`,
                JSON.stringify(ids),
              )
              .map(({ id }) => String(id))
          : [],
      ),
    sessionCosts: () =>
      new Map(
        columns.get('session')?.has('cost')
          ? reader
              .all(/* sql */ `SELECT id, CAST(cost AS REAL) AS cost FROM session`)
              .map(({ id, cost }) => [String(id), Number(cost)])
          : [],
      ),
  };

  function rows(table: Table, ids: readonly string[]): readonly Row[] {
    const found = reader.all(
      /* sql */ `SELECT m.id, CAST(m.session_id AS TEXT) AS session, ${PICKED[table]} AS info,
                        CAST(m.time_created AS REAL) AS created, ${
                          columns.get(table)?.has('time_updated') ? 'CAST(m.time_updated AS REAL)' : 'NULL'
                        } AS updated
                   FROM json_each(?) AS wanted
                   JOIN ${table} AS m ON m.id = wanted.value
                  ORDER BY wanted.key`,
      JSON.stringify(ids),
    );
    const steps = table === 'message' && has('part') ? stepsOf(ids) : new Map<string, Fields[]>();
    const known = sessions([...new Set(found.map(({ session }) => String(session)))]);
    return found.map(({ id, session, info, created, updated }) => ({
      shelf: table,
      id: typeof id === 'string' ? id : null,
      session: known.get(String(session)) ?? stranger(String(session)),
      createdAt: typeof created === 'number' ? created : null,
      writtenAt: typeof updated === 'number' ? updated : null,
      info: typeof info === 'string' ? fields(JSON.parse(info)) : null,
      steps: steps.get(String(id)) ?? [],
    }));
  }

  /** A tool's output may be megabytes; a step's end is not, and its size is known without reading it. */
  function stepsOf(ids: readonly string[]): ReadonlyMap<string, Fields[]> {
    const found = reader.all(
      /* sql */ `SELECT p.message_id AS message,
                        CASE WHEN octet_length(p.data) < 16384 AND json_valid(p.data)
                             THEN CASE WHEN p.data->>'$.type' = 'step-finish'
                                       THEN json_object('type', 'step-finish', 'id', p.id, 'messageID', p.message_id,
                                                        'tokens', p.data->'$.tokens') END END AS step
                   FROM json_each(?) AS wanted
                   JOIN part AS p ON p.message_id = wanted.value
                  WHERE step IS NOT NULL`,
      JSON.stringify(ids),
    );
    const steps = new Map<string, Fields[]>();
    for (const { message, step } of found) {
      const key = String(message);
      steps.set(key, [...(steps.get(key) ?? []), fields(JSON.parse(String(step)))]);
    }
    return steps;
  }

  function sessions(ids: readonly string[]): ReadonlyMap<string, Session> {
    if (!has('session') || ids.length === 0) return new Map();
    const own = pick('session', 's', ['parent_id', 'directory', 'project_id']);
    const created = columns.get('session')?.has('time_created') ? 'CAST(s.time_created AS REAL)' : 'NULL';
    const isJoined = has('project') && columns.get('session')?.has('project_id');
    const found = reader.all(
      /* sql */ `SELECT s.id, ${own}, ${created} AS created, ${isJoined ? pick('project', 'p', ['worktree']) : 'NULL AS worktree'}
                   FROM json_each(?) AS wanted
                   JOIN session AS s ON s.id = wanted.value
                   ${isJoined ? 'LEFT JOIN project AS p ON p.id = s.project_id' : ''}`,
      JSON.stringify(ids),
    );
    return new Map(found.map((row) => [String(row.id), sessionOf(row)]));
  }
}

export function stranger(id: string): Session {
  return { id, parent: null, createdAt: null, directory: null, worktree: null, projectId: null };
}

function sessionOf(row: Fields): Session {
  return {
    id: String(row.id),
    parent: textOf(row.parent_id),
    createdAt: typeof row.created === 'number' ? row.created : null,
    directory: textOf(row.directory),
    worktree: textOf(row.worktree),
    projectId: textOf(row.project_id),
  };
}

export function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

const TABLES: readonly string[] = ['message', 'session_message', 'part', 'session', 'project'];

function columnsOf(reader: Reader, table: string): ReadonlySet<string> {
  return new Set(reader.all(/* sql */ `SELECT name FROM pragma_table_info(?)`, table).map(({ name }) => String(name)));
}

/** Both tables' data in the shape of the older one. Of an error its name and status alone: the rest is the provider's text. */
function picked(role: string, provider: string, model: string, variant: string): string {
  const field = (path: string): string => /* sql */ `m.data->'${path}'`;
  return /* sql */ `CASE WHEN json_valid(m.data) THEN json_object(
    'role', ${role}, 'providerID', ${field(provider)}, 'modelID', ${field(model)}, 'variant', ${field(variant)},
    'agent', ${field('$.agent')}, 'mode', ${field('$.mode')}, 'summary', ${field('$.summary')}, 'cost', ${field('$.cost')},
    'time', json_object('created', ${field('$.time.created')}, 'completed', ${field('$.time.completed')}),
    'tokens', json_object('total', ${field('$.tokens.total')}, 'input', ${field('$.tokens.input')},
      'output', ${field('$.tokens.output')}, 'reasoning', ${field('$.tokens.reasoning')},
      'cache', json_object('read', ${field('$.tokens.cache.read')}, 'write', ${field('$.tokens.cache.write')})),
    'error', CASE WHEN json_type(m.data, '$.error') <> 'null' THEN json_object('name', ${field('$.error.name')},
      'data', json_object('statusCode', ${field('$.error.data.statusCode')})) END) END`;
}

const PICKED = {
  message: picked(/* sql */ `m.data->'$.role'`, '$.providerID', '$.modelID', '$.variant'),
  session_message: picked(`'assistant'`, '$.model.providerID', '$.model.id', '$.model.variant'),
} as const;

function number([row]: readonly Fields[]): number {
  return Number(row?.n ?? 0);
}
