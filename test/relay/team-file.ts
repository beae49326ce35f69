// The SQLite file of the one team of a relay that is off: so may time pass for it.
import { readdirSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';

/** Runs statements on it. */
export function changeTeamFile(dataDir: string, sql: string): void {
  const db = new DatabaseSync(teamFile(join(dataDir, 'state')));
  db.exec(sql);
  db.close();
}

/** It has a log; the operator's directory has none. */
function teamFile(folder: string): string {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const databases = files.filter((name) => name.endsWith('.sqlite') && !name.endsWith('metadata.sqlite'));
  const file = databases.map((name) => join(folder, name)).find(hasLog);
  if (file === undefined) throw new Error(`no team among ${files.join(', ')}`);
  return file;
}

function hasLog(file: string): boolean {
  const db = new DatabaseSync(file);
  const found = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'log'").all().length > 0;
  db.close();
  return found;
}
