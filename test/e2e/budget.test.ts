// A budget that is used up, as the member meets it in the real OpenCode: a toast, and a stop only where the member asked for it.

import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startConversation } from '../support/conversation.ts';
import { prompt } from '../support/step.ts';
import { askInTerminal } from '../support/terminal.ts';
import { until } from '../support/until.ts';
import { openWorld, type Laptop, type World } from '../support/world.ts';

const BUDGET = { name: 'team', period: 'month', limit_usd: '0.000000001', action: 'stop' };
const WORDS = 'Budget "team" is at';

let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(() => world.close());

const say = (words: string) => prompt(words, { kind: 'say', text: 'the same' });

/** A laptop whose team has spent more than it may. */
async function spender(name: string): Promise<Laptop> {
  const laptop = await world.laptop(name);
  await laptop.opencode.run(say('spend'));
  await until('the spend to arrive', async () => (await laptop.team.usageNano()) > 0n);
  await laptop.team.addBudget(BUDGET);
  return laptop;
}

it('in a run nothing is printed and nothing is stopped', async () => {
  const laptop = await world.laptop('quiet');
  const before = await laptop.opencode.run(say('first'));
  await until('the spend to arrive', async () => (await laptop.team.usageNano()) > 0n);
  await laptop.team.addBudget(BUDGET);
  const after = await laptop.opencode.run(say('second'));
  expect([after.code, after.stdout, after.stderr]).toEqual([0, before.stdout, before.stderr]);
  expect(laptop.opencode.trace().filter(({ type }) => type === 'session.error')).toEqual([]);
});

it('in the terminal the member sees one toast and works on', async () => {
  const { opencode } = await spender('toast');
  const terminal = await askInTerminal(opencode, 'hello there');
  try {
    await until('the toast', () => terminal.screen().includes(WORDS));
    expect(terminal.trace().filter(({ type }) => type === 'tui.toast.show')).toHaveLength(1);
    expect(terminal.trace().filter(({ type }) => type === 'session.error')).toEqual([]);
  } finally {
    terminal.close();
  }
});

it('who wants to be stopped is told why before a model is called', async () => {
  const { opencode } = await spender('stopped');
  const folder = path.join(opencode.home, '.config', 'gasline');
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'config.json'), '{"stop": true}');
  const server = await opencode.serve();
  try {
    const conversation = await startConversation(server, 'a test');
    await conversation.prompt(say('before the relay has answered'));
    const toasts = () => server.child.trace().filter(({ type }) => type === 'tui.toast.show');
    await until('the relay to have said it', () => toasts().length > 0);
    const calls = world.model.calls.length;
    await conversation.prompt(say('after it'));
    expect(world.model.calls).toHaveLength(calls);
    const errors = conversation.trace().filter(({ type }) => type === 'session.error');
    expect(JSON.stringify(errors.at(-1)?.properties)).toMatch(/Budget .*"team.* is at .*option stop is true/);
  } finally {
    server.child.kill('SIGKILL');
    await server.child.exited;
  }
});
