// Mail as a test sees it: how often a text is in what the model was asked, and where a message stands.

import { expect } from 'vitest';
import type { Call, FakeModel } from './fake-model.ts';
import { MEMBER } from './project.ts';
import type { OpenCodeServer, Witnessed } from './opencode.ts';
import { prompt } from './step.ts';
import type { Team } from './team.ts';
import { until } from './until.ts';
import type { Laptop } from './world.ts';

export const HERE = `member:${MEMBER}`;

/** The requests of turns since a number of calls, each by how often its messages hold a text. */
export function holding({ calls }: FakeModel, words: string, since = 0): number[] {
  return turns(calls.slice(since)).map(({ request }) => JSON.stringify(request.messages).split(words).length - 1);
}

/** Without what OpenCode asks for beside them. */
export function turns(calls: readonly Call[]): Call[] {
  return calls.filter(({ kind }) => kind === 'chat');
}

export async function stateOf(team: Team, id: string): Promise<string | undefined> {
  return (await team.mail(id)).recipients[0]?.state;
}

export const say = (words: string) => prompt(words, { kind: 'say', text: 'the same' });
/** The model runs a tool for three seconds. */
export const wait = (words: string) =>
  prompt(words, { kind: 'tool', name: 'bash', args: { command: 'sleep 3', description: 'waits' } });

export function isToast({ type }: { readonly type: string }): boolean {
  return type === 'tui.toast.show';
}

/** A server for as long as the work takes. */
export async function serving(
  { opencode }: Laptop,
  work: (server: OpenCodeServer) => Promise<void>,
  env: NodeJS.ProcessEnv = {},
  command: 'serve' | 'web' = 'serve',
): Promise<void> {
  const server = await opencode.serve(env, command);
  try {
    await work(server);
  } finally {
    server.child.kill('SIGKILL');
    await server.child.exited;
  }
}

/** Mail that the receipt of the first turn tells of, and a turn for it, and one after it: what their requests hold of it. */
export async function told(
  model: FakeModel,
  { team }: Laptop,
  canary: string,
  child: Witnessed,
  ask: (words: string) => Promise<void>,
) {
  const since = model.calls.length;
  const id = await team.sendMail({ to: HERE, subject: 'lunch', body: canary });
  await ask('first');
  await until('the toast', () => child.trace().some(isToast));
  expect(await stateOf(team, id)).toBe('leased');
  await ask('second');
  await until('the acknowledgement', async () => (await stateOf(team, id)) === 'acknowledged');
  await ask('third');
  expect(child.trace().filter(isToast)).toHaveLength(1);
  return holding(model, canary, since);
}
