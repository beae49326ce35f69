// Runs the other tools on the same database, when their programs are given, and reads what they say.

import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { fields, list } from '../../field.ts';
import { done, failed, type Outcome } from '../command.ts';
import { nanoOfNumber } from '../history/nano.ts';

export interface Measured {
  readonly total: bigint;
  readonly groups: readonly { readonly session: string; readonly model: string; readonly nano: bigint }[];
}

type Environment = Readonly<Record<string, string | undefined>>;

export async function runCcusage(program: string, data: string, env: Environment): Promise<Outcome<Measured>> {
  const answer = await run(program, ['opencode', 'session', '--json', '--offline'], {
    ...env,
    OPENCODE_DATA_DIR: data,
  });
  if (answer.kind !== 'done') return answer;
  const { sessions, totals } = fields(answer.value);
  const groups = list(sessions).flatMap((session) => {
    const { sessionId, modelBreakdowns } = fields(session);
    return list(modelBreakdowns)
      .map(fields)
      .map(({ modelName, cost }) => [sessionId, modelName, cost] as const);
  });
  return done(measuredOf(groups, fields(totals).totalCost));
}

export async function runTokscale(program: string, data: string, env: Environment): Promise<Outcome<Measured>> {
  // It remembers what it has read in its folder, and would not look again.
  const config = await mkdtemp(join(tmpdir(), 'gasline-tokscale-'));
  try {
    const own = { TOKSCALE_PRICING_CACHE_ONLY: '1', TOKSCALE_CONFIG_DIR: config, XDG_DATA_HOME: dirname(data) };
    const words = ['models', '-c', 'opencode', '--json', '--no-spinner', '--group-by', 'session,model'];
    const answer = await run(program, words, { ...env, ...own });
    if (answer.kind !== 'done') return answer;
    const { entries, totalCost } = fields(answer.value);
    const groups = list(entries)
      .map(fields)
      .map(({ sessionId, model, cost }) => [sessionId, model, cost] as const);
    return done(measuredOf(groups, totalCost));
  } finally {
    await rm(config, { recursive: true, force: true });
  }
}

function measuredOf(groups: readonly (readonly [unknown, unknown, unknown])[], total: unknown): Measured {
  return {
    total: nanoOfNumber(total),
    groups: groups.map(([session, model, cost]) => {
      return { session: String(session), model: String(model), nano: nanoOfNumber(cost) };
    }),
  };
}

const MOST_BYTES = 256 * 1024 * 1024;
const PATIENCE_MS = 120_000;

async function run(program: string, words: readonly string[], env: Environment): Promise<Outcome<unknown>> {
  try {
    const options = { env, maxBuffer: MOST_BYTES, timeout: PATIENCE_MS };
    const { stdout } = await promisify(execFile)(program, [...words], options);
    return done(JSON.parse(stdout));
  } catch (error) {
    const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    return failed(`${program} did not answer: ${line}`);
  }
}
