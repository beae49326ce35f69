// The scripts of the README, taken from it as they stand there and run by the shell.
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { until } from '../support/until.ts';
import { readLog } from './oracle.ts';
import { useEach, useRelay, useTeam } from './setup.ts';

const README = readFileSync(join(import.meta.dirname, '..', '..', 'README.md'), 'utf8');

const relay = useRelay();
const team = useTeam(relay);
const folder = useEach(
  async () => ({ path: mkdtempSync(join(tmpdir(), 'gasline-scripts-')) }),
  ({ path }) => rmSync(path, { recursive: true, force: true }),
);

/** Puts a script there with its URL beside it, as the README says. */
async function install(name: string): Promise<string> {
  const text = README.match(new RegExp(`\`\`\`sh\\n(#!/bin/sh\\n# ${name} [^]*?)\`\`\``))?.[1];
  const line = README.match(/in which `(exec curl [^`]*)`/)?.[1];
  const script = text ?? (name === 'gc-usage' && line !== undefined ? `#!/bin/sh\n${line}\n` : null);
  if (script === null) throw new Error(`the README has no ${name}`);
  const { body } = await team.call('POST', '/v1/inbound', { kind: name, name });
  const path = join(folder.path, name);
  writeFileSync(path, script);
  chmodSync(path, 0o755);
  writeFileSync(`${path}.url`, `url = "${body.url}"\n`, { mode: 0o600 });
  return path;
}

function run(path: string, args: readonly string[], input = '') {
  const { status, stdout, stderr } = spawnSync(path, args, { input, encoding: 'utf8', timeout: 20_000 });
  expect([status, stderr]).toEqual([0, '']);
  return stdout;
}

test('gt-notify says what the daemon says, to the letter', async () => {
  const path = await install('gt-notify');
  const hostile = '--priority "$(touch x)" `id` & a=b%20\n@/etc/passwd 😀';
  run(path, ['--channel', 'admin', '--priority', 'critical', hostile]);
  run(path, ['--channel', 'status', '--priority', 'success', 'up', 'again']);
  run(path, ['alone']);
  expect((await readLog(team)).map(({ type, data }) => [type, data.channel, data.text])).toEqual([
    ['escalation.raised', 'admin', hostile],
    ['notice.received', 'status', 'up again'],
    ['notice.received', null, 'alone'],
  ]);
});

test('gc-usage posts facts a line', async () => {
  const fact = (model: string) => JSON.stringify({ kind: 'model', model, input_tokens: 3 });
  run(await install('gc-usage'), [], `${fact('a')}\n${fact('b')}\n`);
  expect((await readLog(team)).map(({ data }) => data.model)).toEqual(['a', 'b']);
});

test("gc-events keeps the city's log and posts it", async () => {
  const path = await install('gc-events');
  const record = (type: string) => run(path, ['record'], JSON.stringify({ type, actor: 'a', payload: { n: 1 } }));
  run(path, ['ensure-running']);
  expect([run(path, ['latest-seq']).trim(), run(path, ['list'], '{}').trim()]).toEqual(['0', '[]']);
  record('bead.created');
  record('bead.closed');
  expect(run(path, ['latest-seq']).trim()).toBe('2');
  expect(JSON.parse(run(path, ['list'], '{}'))).toMatchObject([
    { seq: 1, type: 'bead.created' },
    { seq: 2, type: 'bead.closed' },
  ]);
  await until('both', async () => (await readLog(team)).length === 2);
  expect((await readLog(team)).map(({ data }) => data.seq)).toEqual(expect.arrayContaining([1, 2]));
  const watch = spawn(path, ['watch', '1']);
  let seen = '';
  watch.stdout.on('data', (bytes: Buffer) => (seen += bytes.toString()));
  record('mail.sent');
  await until('what is watched', async () => seen.trim().split('\n').length === 2);
  watch.kill();
  expect(
    seen
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toMatchObject([{ seq: 2 }, { seq: 3, type: 'mail.sent' }]);
  expect(spawnSync(path, ['other']).status).toBe(2);
});

test('a city goes on recording while the relay is away', async () => {
  const path = await install('gc-events');
  writeFileSync(`${path}.url`, 'url = "http://127.0.0.1:9/"\n');
  run(path, ['record'], '{"type":"bead.created","actor":"a"}');
  expect(run(path, ['latest-seq']).trim()).toBe('1');
});
