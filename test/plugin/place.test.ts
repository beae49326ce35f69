import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { openHistory } from '../../plugin/cli/history/history.ts';
import { findHistory } from '../../plugin/cli/history/place.ts';
import { openPast, type Past } from '../support/past.ts';

let made: Past;
beforeEach(() => {
  made = openPast();
});
afterEach(() => made.remove());

test('the database is where OpenCode has it', () => {
  const folder = path.dirname(made.file);
  const beside = (name: string): string => path.join(folder, name);
  expect(findHistory(undefined, made.env)).toMatchObject({ value: { database: made.file, others: [] } });
  writeFileSync(beside('opencode-dev.db'), '');
  writeFileSync(beside('opencode-dev.db-wal'), '');
  expect(findHistory(undefined, made.env)).toMatchObject({
    value: { database: made.file, others: [beside('opencode-dev.db')] },
  });
  expect(findHistory(undefined, { ...made.env, OPENCODE_DB: 'opencode-dev.db' })).toMatchObject({
    value: { database: beside('opencode-dev.db') },
  });
  expect(findHistory(undefined, { ...made.env, OPENCODE_DB: made.file })).toMatchObject({
    value: { database: made.file },
  });
  expect(findHistory(undefined, { XDG_DATA_HOME: path.dirname(folder) })).toMatchObject({
    value: { database: made.file },
  });
  expect(findHistory(made.file, {})).toMatchObject({ value: { database: made.file } });
});

test.each<[string, string | undefined, Record<string, string>, string]>([
  ['a database in memory', undefined, { OPENCODE_DB: ':memory:' }, 'keeps no history'],
  ['a file that is not there', '/nowhere/opencode.db', {}, 'there is no file'],
  ['a name that leads nowhere', undefined, { OPENCODE_DB: 'none.db' }, 'which is not there'],
  ['a folder that is not there', undefined, { XDG_DATA_HOME: '/nowhere' }, 'no history in /nowhere'],
])('%s is said to be none', (_, given, env, problem) => {
  expect(findHistory(given, env)).toMatchObject({ kind: 'failed', problem: expect.stringContaining(problem) });
});

test('a file that is no database is said to be none', async () => {
  const file = path.join(made.home, 'text.db');
  writeFileSync(file, 'this is no database, whatever its name says of it');
  expect(await openHistory({ database: file, others: [], storage: made.home }, 0)).toMatchObject({
    kind: 'failed',
    problem: expect.stringContaining('cannot be read as a database'),
  });
});
