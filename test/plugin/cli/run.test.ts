import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { COMMANDS } from '../../../plugin/cli/commands.ts';
import { DIMENSIONS as KNOWN } from '../../../plugin/cli/dimension.ts';
import { VERSION } from '../../../plugin/version.ts';
import { DIMENSIONS } from '../../../worker/ledger/dimension.ts';
import { gasline } from './console.ts';
import { usage } from './usage.ts';

const empty = () => ({ body: usage([]) });
const URL = 'https://relay.example.com';

describe('the command line', () => {
  it('lists its commands, and the options of each', async () => {
    const { code, stdout } = await gasline(['--help'], empty);
    expect(code).toBe(0);
    for (const name of Object.keys(COMMANDS)) {
      expect(stdout).toContain(`  ${name} `);
      const help = await gasline([name, '--help'], empty);
      expect([help.code, help.asked]).toEqual([0, []]);
      for (const [option, { about }] of Object.entries(COMMANDS[name]?.options ?? {})) {
        expect(help.stdout).toContain(about === null ? option : `--${option}`);
      }
      expect(Math.max(...help.stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120);
      for (const part of Object.keys(COMMANDS[name]?.parts ?? {})) {
        expect(help.stdout).toContain(`  gasline ${name} ${part} `);
        expect((await gasline([name, part, '--help'], empty)).stdout).toMatch(
          `Usage: gasline ${name} ${part} [options]\n`,
        );
      }
    }
  });

  it('says its version', async () => {
    expect((await gasline(['--version'], empty)).stdout).toBe(`${VERSION}\n`);
  });

  it.each([
    [['frob'], 'gasline: unknown command frob (see gasline --help)\n'],
    [['--frob'], 'gasline: unknown option --frob (see gasline --help)\n'],
    [['constructor'], 'gasline: unknown command constructor (see gasline --help)\n'],
    [['costs', '--frob'], "gasline costs: unknown option '--frob' (see gasline costs --help)\n"],
    [['bridge', 'x'], "gasline bridge: unexpected argument 'x' (see gasline bridge --help)\n"],
    [['costs', 'x'], "gasline costs: unexpected argument 'x' (see gasline costs --help)\n"],
    [['costs', '--json=1'], "gasline costs: option '--json' does not take an argument (see gasline costs --help)\n"],
    [['costs', '--since', '31'], /^gasline costs: --since must be a day such as [^\n]*, got 31 \(see/],
    [['costs', '--since', '7d', '--until', '2026-01-01'], /--until 2026-01-01 lies before --since 2026-11-16/],
    [['costs', '--since', 'today', '--zone', 'Atlantis'], /--zone must be an IANA time zone .* got Atlantis/],
    [['costs', '--step', 'year'], /--step must be one of hour, day, week, month, total, got year/],
    [['costs', '--by', 'member,colour'], /--by takes member, .*, got colour/],
    [['costs', '--json', '--csv'], /--json and --csv exclude each other/],
    [['costs', '--by', 'model', '--limit', '0'], /--limit must be a number from 1, got 0/],
    [['costs', '--limit', '5'], /--limit needs --by/],
    [['costs', '--own'], /--own needs --session/],
    [['costs', '--by', 'member', '--trees'], /--trees needs --by session/],
    [['sessions', '--sort', 'size'], /--sort must be recent or cost, got size/],
  ])('%j is misused: one line, code 2', async (words, line) => {
    const { code, stdout, stderr } = await gasline(words, empty);
    expect([code, stdout, stderr.split('\n').length]).toEqual([2, '', 2]);
    expect(stderr).toMatch(line);
  });

  it('knows the dimensions of the relay', () => {
    expect(Object.keys(KNOWN)).toEqual([...DIMENSIONS]);
  });
});

describe('what the relay refuses', () => {
  it.each([
    [
      401,
      { detail: 'copy it anew' },
      /the token \(GASLINE_READ_TOKEN\) is refused: copy it anew; .* scope read or admin/,
    ],
    [403, { title: 'no' }, /is refused: no; it must be one of scope read or admin/],
    [400, { detail: 'zone: no such, got\u001B[2J\u009Bx' }, /^gasline costs: zone: no such, got x\n$/],
    [503, '<html>', /HTTP status 503 from relay\.example\.com/],
    [302, '', /HTTP status 302/],
    [200, '<html>', /what answered at relay\.example\.com is not a relay/],
    [200, { rows: [] }, /a form not known here/],
  ])('%i %j is one line, code 1', async (status, body, line) => {
    const { code, stdout, stderr } = await gasline(['costs'], () => ({ status, body }));
    expect([code, stdout, stderr.split('\n').length]).toEqual([1, '', 2]);
    expect(stderr).toMatch(line);
  });

  it('what the relay refuses of the question is a misuse, code 2', async () => {
    const body = { type: 'urn:gasline:problem:query-malformed', detail: 'zone: must be an IANA time zone, got Mars' };
    const { code, stderr } = await gasline(['costs', '--zone', 'Mars'], () => ({ status: 400, body }));
    expect([code, stderr]).toEqual([2, expect.stringContaining(body.detail)]);
  });

  it('a relay that is away is named with the reason', async () => {
    const fetch = () => Promise.reject(new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') }));
    const { code, stderr } = await gasline(['costs'], empty, { fetch });
    expect([code, stderr]).toEqual([
      1,
      'gasline costs: the relay at relay.example.com cannot be reached: connect ECONNREFUSED\n',
    ]);
  });
});

it.each([
  ['backfill', 'GASLINE_TOKEN, then the same file'],
  ['costs', 'GASLINE_READ_TOKEN, GASLINE_TOKEN, then the same file'],
])('the help of %s names the tokens that it takes', async (command, tokens) => {
  const { stdout } = await gasline([command, '--help'], empty);
  expect(stdout).toMatch(new RegExp(`--token <token> +default: ${tokens}$`, 'm'));
});

describe('the connection', () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'gasline-cli-'));
    mkdirSync(join(home, '.config', 'gasline'), { recursive: true });
  });
  afterEach(() => rmSync(home, { recursive: true }));
  const write = (text: string) => writeFileSync(join(home, '.config', 'gasline', 'config.json'), text);

  it.each([
    [['--url', `${URL}/a`, '--token', 'option'], { GASLINE_URL: URL, GASLINE_READ_TOKEN: 'read' }, '/a/', 'option'],
    [[], { GASLINE_URL: `${URL}/b/`, GASLINE_READ_TOKEN: 'read', GASLINE_TOKEN: 'any' }, '/b/', 'read'],
    [[], { GASLINE_URL: URL, GASLINE_TOKEN: 'any' }, '/', 'file-read'],
    [[], {}, '/file/', 'file-read'],
  ])('%j with %j', async (options, env, path, token) => {
    write(JSON.stringify({ url: `${URL}/file`, read_token: 'file-read', token: 'file' }));
    const { asked } = await gasline(['costs', ...options], empty, { env: { HOME: home, ...env } });
    expect(asked).toEqual([{ path: `${path}v1/usage?step=day`, token: `Bearer ${token}` }]);
  });

  it.each([
    [null, {}, /which relay\? give --url/],
    ['{', {}, /gasline\/config\.json is not valid JSON/],
    ['{"url":"ftp://x"}', {}, /the url must be an http or https address/],
    ['{"url":"https://u:p@x"}', {}, /without a password, got "https:\/\/…@x"/],
    [`{"url":"${URL}"}`, {}, /a token of scope read is needed: give --token/],
    [`{"url":"${URL}"}`, { GASLINE_TOKEN: 'two words' }, /the token \(GASLINE_TOKEN\) must be one word/],
  ])('%s is said to be wrong', async (file, env, line) => {
    if (file !== null) write(file);
    const { code, stderr } = await gasline(['costs'], empty, { env: { HOME: home, ...env } });
    expect([code, stderr]).toEqual([1, expect.stringMatching(line)]);
    expect(stderr).not.toContain('two words');
  });
});
