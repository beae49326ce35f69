import { afterEach, expect, test } from 'vitest';

import type { Cursor, Page } from '../../plugin/cli/history/history.ts';
import { idAt, messageData, openPast, START, TOKENS, type Past } from '../support/past.ts';
import { historyOf, NOW, read, readingsOf } from './readings.ts';

const pasts: Past[] = [];

afterEach(() => {
  for (const past of pasts.splice(0)) past.remove();
});

function past(tables?: string): Past {
  const made = openPast(tables);
  pasts.push(made);
  return made;
}

test('a message is read as the plugin would have reported it, and nothing of what was said', async () => {
  const made = past();
  made.session('ses_1');
  const id = idAt(START, 'a');
  made.message(id);
  const readings = await readingsOf(made);
  expect(readings).toMatchObject([
    {
      kind: 'message',
      report: {
        message: id,
        kind: 'chat',
        provider: 'p',
        model: 'm',
        agent: 'build',
        created_at: new Date(START).toISOString(),
        cost_usd: '0.00396',
        tokens: { input: 800, output: 100, reasoning: 7, cache_read: 200, cache_write: 0 },
        copied: false,
      },
    },
  ]);
  expect(JSON.stringify(readings, (_, value) => (typeof value === 'bigint' ? String(value) : value))).not.toContain(
    'secret',
  );
});

test('the kind follows from a summary and from the session', async () => {
  const made = past();
  made.session('ses_1');
  made.session('ses_2', { parent: 'ses_1' });
  made.message('msg_chat');
  made.message('msg_summary', { data: { summary: true } });
  made.message('msg_sub', { session: 'ses_2' });
  made.message('msg_question', { data: { role: 'user' } });
  made.message('msg_begun', { data: { cost: 0, time: { created: START } } });
  const found = await read(made);
  expect(found).toMatchObject({
    msg_chat: { report: { kind: 'chat' } },
    msg_summary: { report: { kind: 'compaction' } },
    msg_sub: { report: { kind: 'subagent' } },
  });
  expect(Object.keys(found)).toHaveLength(3);
});

test('tokens are the sum of the steps where there are any, whatever else is in the parts', async () => {
  const made = past();
  made.session('ses_1');
  made.message('msg_steps');
  for (const times of [1, 2]) {
    made.part('msg_steps', { type: 'step-finish', tokens: { ...TOKENS, input: 1_000 * times } });
  }
  made.part('msg_steps', { type: 'tool', state: { output: 'x'.repeat(100_000) } });
  made.part('msg_steps', 'no JSON');
  expect(await read(made)).toMatchObject({
    msg_steps: { report: { tokens: { input: 3_000, output: 200, cache_read: 400 } } },
  });
});

test('copies are known by the time in their id, or by a session that is younger than they are', async () => {
  const made = past();
  const forkedAt = START + 60_000;
  made.session('ses_1');
  made.session('ses_fork', { at: forkedAt });
  made.message(idAt(START, 'original'));
  // Written again long after, so that its id says nothing about when it was copied.
  made.message(idAt(forkedAt, 'old'), { session: 'ses_fork', updated: forkedAt + 30 * 86_400_000 });
  made.message(idAt(forkedAt, 'fresh'), { session: 'ses_1', updated: forkedAt + 5 });
  made.message(idAt(forkedAt + 1_000, 'own'), { session: 'ses_fork', at: forkedAt + 1_000 });
  const found = await read(made);
  expect(found).toMatchObject({
    [idAt(START, 'original')]: { kind: 'message' },
    [idAt(forkedAt, 'old')]: { kind: 'copy' },
    [idAt(forkedAt, 'fresh')]: { kind: 'copy' },
    [idAt(forkedAt + 1_000, 'own')]: { kind: 'message' },
  });
});

test('fields of a wrong type are as good as missing', async () => {
  const made = past();
  made.session('ses_1');
  made.message('msg_odd', {
    session: 'ses_gone',
    data: { agent: 7, variant: {}, providerID: null, modelID: [], tokens: 'many', error: 'text', summary: 'yes' },
  });
  expect(await read(made)).toMatchObject({
    msg_odd: {
      kind: 'message',
      row: { session: { id: 'ses_gone', parent: null, createdAt: null } },
      report: {
        agent: null,
        variant: null,
        provider: 'unknown',
        model: 'unknown',
        kind: 'chat',
        error: { name: 'UnknownError' },
      },
    },
  });
});

test('of an error the name and the status are read, never what the provider said', async () => {
  const made = past();
  made.session('ses_1');
  made.message('msg_error', { data: { error: { name: 'APIError', data: { statusCode: 429, message: 'a secret' } } } });
  const [reading] = await readingsOf(made);
  expect(reading).toMatchObject({ report: { error: { name: 'APIError', status: 429 } } });
  expect(reading?.kind !== 'nothing' && JSON.stringify(reading?.row)).not.toContain('secret');
});

test('a row without an id is counted, and harms nobody', async () => {
  const made = past();
  made.session('ses_1');
  made.message('msg_good');
  made.database.exec(`INSERT INTO message VALUES (NULL, 'ses_1', ${START}, ${START}, '{}')`);
  const history = await historyOf(made);
  expect(history.nameless).toBe(1);
  expect([...history.pages(null, NOW)].flatMap((page) => page.records)).toHaveLength(1);
  history.close();
});

test('tables of an older release lack columns, and of the oldest all but one', async () => {
  const made = past(/* sql */ `CREATE TABLE message (id text, session_id text, time_created integer, data text)`);
  made.database
    .prepare('INSERT INTO message VALUES (?, ?, ?, ?)')
    .run('msg_1', 'ses_1', START, JSON.stringify(messageData('message', START)));
  expect(await read(made)).toMatchObject({ msg_1: { kind: 'message', row: { session: { id: 'ses_1' } } } });
});

test("the next version's table is read, and its messages that are in the old one too are not", async () => {
  const made = past();
  made.session('ses_1');
  made.message('msg_both', { data: { cost: 1 } });
  made.message('msg_both', { table: 'session_message', data: { cost: 2 } });
  made.message('msg_next', { table: 'session_message', data: { cost: 0 } });
  const found = await read(made);
  expect(Object.keys(found)).toHaveLength(2);
  expect(found).toMatchObject({
    msg_both: { report: { cost_usd: '1' } },
    msg_next: { report: { provider: 'p', model: 'm', variant: 'high', cost_usd: '0', tokens: { input: 800 } } },
  });
});

test('files from before the database are read, but where the database has the message its word is taken', async () => {
  const made = past();
  made.session('ses_1');
  made.message('msg_both', { data: { cost: 1 } });
  made.legacy('message/ses_1/msg_both.json', { ...messageData('message', START), cost: 2 });
  made.legacy('message/ses_old/msg_old.json', { ...messageData('message', START), cost: 0.5 });
  made.legacy('message/ses_old/msg_torn.json', '{"role": "assist');
  made.legacy('part/msg_old/prt_1.json', { type: 'step-finish', tokens: { ...TOKENS, input: 5 } });
  made.legacy('session/f00d/ses_old.json', {
    id: 'ses_old',
    projectID: 'f00d',
    parentID: 'ses_1',
    directory: '/was/here',
    time: { created: START - 5 },
  });
  const found = await read(made);
  expect(Object.keys(found).toSorted()).toEqual(['msg_both', 'msg_old', 'msg_torn']);
  expect(found).toMatchObject({
    msg_both: { report: { cost_usd: '1' } },
    msg_old: {
      report: { cost_usd: '0.5', kind: 'subagent', tokens: { input: 5 } },
      row: { session: { projectId: 'f00d', directory: '/was/here', createdAt: START - 5 } },
    },
    msg_torn: 'its data are no JSON',
  });
});

test('reading goes on from the end of any page, also when rows have come and gone', async () => {
  const made = past();
  made.session('ses_1');
  made.database.exec('BEGIN');
  // Three of each time, so that a page may end between them.
  for (let n = 0; n < 2_500; n += 1)
    made.message(`msg_${String(n).padStart(5, '0')}`, { at: START + Math.floor(n / 3) });
  for (let n = 0; n < 5; n += 1) made.message(`msg_next_${n}`, { table: 'session_message', at: START + n });
  made.legacy('message/ses_1/msg_old.json', messageData('message', START));
  made.database.exec('COMMIT');
  const history = await historyOf(made);
  const all = idsOf([...history.pages(null, NOW)]);
  expect(all).toHaveLength(2_506);
  const [old, first, ...rest] = [...history.pages(null, NOW)];
  expect(idsOf([old, first].filter((page) => page !== undefined))).toHaveLength(1_001);
  made.database.exec(`DELETE FROM message WHERE id IN ('msg_00999', 'msg_00007')`);
  made.message('msg_late', { at: START + 10_000 });
  const cursor = first?.cursor as Cursor;
  expect(idsOf([...history.pages(cursor, NOW)])).toEqual([
    ...idsOf(rest).slice(0, 1_500),
    'msg_late',
    ...idsOf(rest).slice(1_500),
  ]);
  history.close();
});

test('since leaves out what is older, wherever it lies', async () => {
  const made = past();
  made.session('ses_1');
  made.message('msg_old');
  made.message('msg_new', { at: START + 1_000 });
  made.legacy('message/ses_1/msg_older.json', messageData('message', START));
  const readings = await readingsOf(made, START + 1_000);
  expect(readings.map((reading) => reading.kind !== 'nothing' && reading.row.id)).toEqual(['msg_new']);
});

function idsOf(pages: readonly Page[]): readonly unknown[] {
  return pages.flatMap(({ records }) => records.map((reading) => reading.kind !== 'nothing' && reading.row.id));
}
