import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { backfillFor } from '../../plugin/cli/backfill.ts';
import { run } from '../../plugin/cli/run.ts';
import type { Batch, SourceEvent } from '../../plugin/contract.ts';
import { createHome } from '../support/home.ts';
import { openPast, START, type Past } from '../support/past.ts';
import { createProject } from '../support/project.ts';

const NOW = START + 40 * 86_400_000;
const TOKEN = 'gl_ingest_acme_t1_secret_mac';

let past: Past;
beforeEach(() => {
  past = openPast();
  past.session('ses_1');
});
afterEach(() => past.remove());

type Reply = (batch: Batch) => Response | Promise<Response>;

/** A relay that takes everything but for the replies that are given, one for each of the first requests. */
function relay(...replies: readonly Reply[]) {
  const batches: Batch[] = [];
  const fetch = async (_: unknown, init?: RequestInit): Promise<Response> => {
    const batch = JSON.parse(gunzipSync(init?.body as Buffer).toString()) as Batch;
    batches.push(batch);
    return (replies[batches.length - 1] ?? stored)(batch);
  };
  const events = (type: string): readonly SourceEvent[] =>
    batches.flatMap((batch) => batch.events.filter((event) => event.type === type));
  return { batches, events, fetch: fetch as typeof globalThis.fetch };
}

const answer =
  (status: number, body: object = {}, headers: Record<string, string> = {}): Reply =>
  () =>
    Response.json(body, { status, headers });
const stored: Reply = ({ events }) =>
  Response.json({ accepted: events.length, duplicates: 0, rejected: [] }, { status: 202 });

interface Options {
  readonly words?: readonly string[];
  readonly agree?: boolean | null;
  readonly slept?: number[];
}

async function backfill(fetch: typeof globalThis.fetch, { words = ['--yes'], agree = null, slept = [] }: Options = {}) {
  const output = { stdout: '', stderr: '' };
  const command = backfillFor(() => ({
    isTerminal: false,
    agree: agree === null ? null : () => Promise.resolve(agree),
    sleep: (ms) => {
      slept.push(ms);
      return Promise.resolve();
    },
  }));
  const code = await run({ backfill: command }, ['backfill', ...words], {
    stdout: (text) => void (output.stdout += text),
    stderr: (text) => void (output.stderr += text),
    env: { ...past.env, GASLINE_URL: 'http://127.0.0.1:9', GASLINE_TOKEN: TOKEN },
    fetch,
    now: () => NOW,
    columns: null,
    isTTY: false,
    interruption: () => new AbortController().signal,
  });
  return { code, ...output };
}

function messages(count: number): void {
  past.database.exec('BEGIN');
  for (let n = 0; n < count; n += 1) past.message(`msg_${String(n).padStart(5, '0')}`, { at: START + n });
  past.database.exec('COMMIT');
}

/** The file in which an interrupted run wrote how far it came. */
function progressFiles(): readonly string[] {
  const folder = path.join(past.home, '.local', 'state', 'gasline', 'backfill');
  try {
    return readdirSync(folder).map((name) => path.join(folder, name));
  } catch {
    return [];
  }
}

test('a session is described before its messages, and its parent before it, under one source that says what it is', async () => {
  past.session('ses_2', { parent: 'ses_1' });
  past.message('msg_1', { session: 'ses_2', at: START + 1_000 });
  const { batches, events, fetch } = relay();
  expect(await backfill(fetch)).toMatchObject({ code: 0, stdout: expect.stringMatching(/messages sent +1\n/) });
  const sessions = events('session.created').map(({ session, data }) => [
    session,
    (data as { parent: unknown }).parent,
  ]);
  expect(sessions).toEqual([
    ['ses_1', null],
    ['ses_2', 'ses_1'],
  ]);
  expect(events('message.updated')).toMatchObject([
    { session: 'ses_2', data: { message: 'msg_1', kind: 'subagent', cost_usd: '0.00396' } },
  ]);
  expect(batches.flatMap((batch) => batch.events.map(({ seq }) => seq))).toEqual([1, 2, 3]);
  expect(new Set(batches.map(({ source }) => source.id)).size).toBe(1);
  expect(batches[0]?.source).toMatchObject({ backfill: true, branch: null, member: 'ann', project: null });
});

test('nothing that was said leaves the machine', async () => {
  messages(3);
  const { batches, fetch } = relay();
  await backfill(fetch);
  expect(JSON.stringify(batches)).not.toMatch(/secret|nowhere/);
});

test('each run has numbers of its own: a number never stands for two messages', async () => {
  messages(2);
  const [one, two] = [relay(), relay()];
  await backfill(one.fetch);
  past.database.exec(`DELETE FROM message WHERE id = 'msg_00000'`);
  await backfill(two.fetch);
  const [first = '', second = ''] = [one, two].map(({ batches }) => batches[0]?.source.id);
  expect(first).not.toBe(second);
  // But one can see that they are of the same machine and database.
  expect(first.slice(0, -12)).toBe(second.slice(0, -12));
});

test('a project is known by its repository where that is there, else by what OpenCode wrote down', async () => {
  const home = createHome(past.home);
  const folder = createProject(home);
  past.session('ses_there', { project: 'r00t', directory: path.join(folder, '.git') });
  past.session('ses_gone', { project: 'beef', directory: path.join(folder, 'gone', 'widgets') });
  for (const id of ['1', 'there', 'gone']) past.message(`msg_${id}`, { session: `ses_${id}` });
  const { batches, fetch } = relay();
  await backfill(fetch);
  const projects = batches
    .filter(({ events }) => events[0]?.type === 'message.updated')
    .map(({ source, events }) => [events[0]?.session, source.project, source.member]);
  expect(Object.fromEntries(projects.map(([session, ...rest]) => [session, rest]))).toEqual({
    ses_1: [null, 'ann'],
    ses_there: [{ id: 'r00t', name: 'git.example.test/acme/rocket' }, 'ada@example.test'],
    // The repository above a folder that is gone may be another one.
    ses_gone: [{ id: 'beef', name: 'widgets' }, 'ann'],
  });
});

test('batches hold at most 500 events', async () => {
  messages(1_201);
  const { batches, events, fetch } = relay();
  const { stdout } = await backfill(fetch);
  expect(stdout).toMatch(/messages sent +1,201\n/);
  expect(events('message.updated')).toHaveLength(1_201);
  expect(Math.max(...batches.map((batch) => batch.events.length))).toBe(500);
  expect(batches.at(-1)?.backlog).toBe(0);
});

test('a relay that is busy is asked again when it said, with the same batch', async () => {
  messages(1);
  const slept: number[] = [];
  const busy = relay(answer(429, {}, { 'retry-after': '7' }), answer(503, {}, { 'retry-after': '2' }), () => {
    throw new TypeError('fetch failed');
  });
  const { code, stderr } = await backfill(busy.fetch, { slept });
  expect([code, slept.slice(0, 2), slept.length]).toEqual([0, [7_000, 2_000], 3]);
  expect(stderr).toContain('trying again in 7 s');
  const [first, ...again] = busy.batches.slice(0, 4).map(({ events }) => JSON.stringify(events));
  expect(again).toEqual([first, first, first]);
});

test('a batch that is too large is halved until one event is left, which alone is given up', async () => {
  messages(4);
  const picky: Reply = (batch) =>
    batch.events.some((event) => (event.data as { message?: string }).message === 'msg_00002')
      ? Response.json({ detail: 'the body is too large' }, { status: 413 })
      : stored(batch);
  const { events, fetch } = relay(stored, ...Array<Reply>(10).fill(picky));
  const { code, stdout } = await backfill(fetch);
  expect(code).toBe(0);
  expect(stdout).toMatch(/messages sent +3\n/);
  expect(stdout).toContain('1 × the relay answered 413: the body is too large');
  expect(new Set(events('message.updated').map(({ seq }) => seq))).toEqual(new Set([2, 3, 4, 5]));
});

test('a relay that reads nothing at all ends the run, instead of everything being taken for malformed', async () => {
  messages(100);
  const { code, stderr, stdout } = await backfill(relay(...Array<Reply>(400).fill(answer(400))).fetch);
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toContain('the relay answered 400');
});

test('what the relay rejects or has already is told apart from what it stored', async () => {
  messages(5);
  past.message('msg_bad', { data: { cost: -1 } });
  const { fetch } = relay(stored, answer(202, { accepted: 2, duplicates: 2, rejected: [{ index: 0, detail: 'no' }] }));
  const { stdout } = await backfill(fetch);
  expect(stdout).toMatch(/messages sent +2\nalready known +2\nfork copies skipped +0,.*\nmalformed +2\n/);
  expect(stdout).toContain('1 × no');
  expect(stdout).toContain('1 × its cost is -1');
  expect(stdout).toContain('$0.01584, ');
});

test.each([
  ['a wrong token', answer(401, { detail: 'the token is unknown' }), 'the token is unknown'],
  ['a page of somebody else', answer(200), 'the relay answered 200'],
])('%s ends the run with a failure, and it goes on from there later', async (_, reply, words) => {
  messages(1_500);
  // The first page, its session among it, then the wrong answer.
  const first = relay(stored, stored, stored, reply);
  expect(await backfill(first.fetch)).toMatchObject({ code: 1, stderr: expect.stringContaining(words) });
  const [file = ''] = progressFiles();
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(file, 'utf8')).not.toContain(TOKEN);

  const second = relay();
  const { code, stdout, stderr } = await backfill(second.fetch);
  expect([code, stderr]).toEqual([0, expect.stringContaining('going on after the 1,000 rows')]);
  expect(second.events('message.updated')).toHaveLength(500);
  expect(stdout).toMatch(/messages sent +1,500\n/);
  expect(progressFiles()).toEqual([]);
});

test('a run with another --since begins at the beginning, as does one for another relay', async () => {
  messages(1_500);
  await backfill(relay(stored, stored, stored, answer(401)).fetch);
  const other = relay();
  await backfill(other.fetch, { words: ['--yes', '--since', '2026-09-01'] });
  expect(other.events('message.updated')).toHaveLength(1_500);
});

test('since leaves out what was begun before', async () => {
  messages(1);
  past.message('msg_late', { at: START + 86_400_000 });
  const { events, fetch } = relay();
  await backfill(fetch, { words: ['--yes', '--since', '2026-10-02'] });
  expect(events('message.updated')).toMatchObject([{ data: { message: 'msg_late' } }]);
});

test('a dry run reads, counts and sends nothing', async () => {
  messages(2);
  const { batches, fetch } = relay();
  const { code, stdout } = await backfill(fetch, { words: ['--dry-run'] });
  expect([code, batches, progressFiles()]).toEqual([0, [], []]);
  expect(stdout).toMatch(/messages to send +2\n/);
  expect(stdout).toContain('$0.00792, ');
  expect(stdout).toContain('nobody can bring back: messages that were reverted, sessions that were deleted');
});

test.each<[name: string, options: Options, code: number, sent: number]>([
  ['somebody who agrees', { words: [], agree: true }, 0, 2],
  ['somebody who does not', { words: [], agree: false }, 1, 0],
  ['nobody to ask', { words: [], agree: null }, 2, 0],
  ['a date that is none', { words: ['--yes', '--since', 'tuesday'] }, 2, 0],
  ['a date to come', { words: ['--yes', '--since', '2030-01-01'] }, 2, 0],
  ['a database that is not there', { words: ['--yes', '--db', '/nowhere.db'] }, 1, 0],
])('with %s', async (_, options, code, sent) => {
  messages(1);
  const { batches, fetch } = relay();
  const ended = await backfill(fetch, options);
  expect([ended.code, batches.length]).toEqual([code, sent]);
  expect(ended.stderr === '').toBe(code === 0);
});
