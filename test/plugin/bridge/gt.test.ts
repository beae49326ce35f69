import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { gtOf, jsonIn } from '../../../plugin/cli/bridge/gt.ts';
import { until } from '../../support/until.ts';

let cwd: string;

beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'gasline-gt-'));
});

afterAll(() => rmSync(cwd, { recursive: true }));

/** A shell stands for gt, and its words for what gt does. */
const gt = (script: string, patienceMs = 5_000) => {
  const env = { PATH: process.env['PATH'], GT_ROLE: 'mayor', GT_HOME: '/data' };
  return gtOf({ program: '/bin/sh', cwd, env, patienceMs })(['-c', script], 'input');
};

describe('gt', () => {
  it('reads what it is given, in the folder of the town and with the identity of nobody', async () => {
    expect(await gt('cat; pwd; echo "$GT_ROLE|$GT_HOME"')).toEqual({ kind: 'done', stdout: `input${cwd}\n|/data\n` });
  });

  it.each([
    ['exit 1', 'gt -c exit 1 ended with 1'],
    ['echo Error: no; exit 3', 'gt -c echo Error: no; exit 3 ended with 3: Error: no'],
    ['echo "Warning: odd" >&2; echo "Error: no {" >&2; echo "  why" >&2; exit 1', /ended with 1: Error: no \{ {3}why$/],
  ])('that ends badly by %j has refused', async (script, problem) => {
    expect(await gt(script)).toEqual({ kind: 'refused', problem: expect.stringMatching(problem) });
  });

  it('that does not read its input is not held up by it', async () => {
    const program = gtOf({ program: '/bin/sh', cwd, env: {} });
    expect(await program(['-c', 'exit 0'], 'x'.repeat(1_000_000))).toEqual({ kind: 'done', stdout: '' });
  });

  it('that is not there, that is killed and that hangs are told apart', async () => {
    const none = await gtOf({ program: join(cwd, 'none'), cwd, env: {} })(['mail']);
    expect(none).toEqual({ kind: 'missing', problem: expect.stringContaining('cannot be run: ENOENT') });
    expect(await gt('kill -9 $$')).toEqual({ kind: 'unclear', problem: expect.stringContaining('SIGKILL') });
  });

  it('ends when the bridge does, and is not begun after that', async () => {
    const stop = new AbortController();
    const stopped = gtOf({ program: '/bin/sh', cwd, env: {}, stop: stop.signal });
    const running = stopped(['-c', 'exec sleep 60']);
    stop.abort();
    expect(await running).toEqual({ kind: 'unclear', problem: expect.stringContaining('SIGKILL') });
    const file = join(cwd, 'begun');
    expect(await stopped(['-c', `echo > ${file}`])).toMatchObject({ kind: 'unclear' });
    expect(existsSync(file)).toBe(false);
  });

  it('that hangs is ended with all that it started', async () => {
    const file = join(cwd, 'pid');
    const hung = await gt(`sleep 60 & echo $! > ${file}; wait`, 300);
    expect(hung).toEqual({ kind: 'unclear', problem: expect.stringContaining('hung for 0.3 s') });
    const pid = Number(readFileSync(file, 'utf8'));
    await until('its child to be gone', () => !isAlive(pid), { timeoutMs: 4_000 });
  });
});

/** A process that nobody has waited for is dead all the same. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

describe('JSON in what gt prints', () => {
  it.each([
    ['[]', []],
    ['  💬 Posted to Slack\n{\n  "id": "hq-1"\n}\n', { id: 'hq-1' }],
    ['⚠ warning\n{ not json\n[1]\n', [1]],
    ['No cost data found. Costs are recorded when sessions end.\n', undefined],
    ['', undefined],
  ])('of %j', (stdout, json) => {
    expect(jsonIn(stdout)).toEqual(json);
  });
});
