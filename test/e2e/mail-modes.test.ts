// Mail in each way that a real OpenCode runs: the text reaches the model's request once, and the relay hears of it.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEditor } from '../support/acp.ts';
import { startConversation } from '../support/conversation.ts';
import { HERE, holding, say, serving, stateOf, told, wait } from '../support/mail.ts';
import { askAttached, askInTerminal, ENTER, type Terminal } from '../support/terminal.ts';
import { until } from '../support/until.ts';
import { openWorld, type World } from '../support/world.ts';

let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(() => world.close());

describe('the text reaches the model once', () => {
  it('in a run, between two requests', async () => {
    const { team, opencode } = await world.laptop('run');
    const before = await opencode.run(wait('first'));
    const id = await team.sendMail({ to: HERE, subject: 'lunch', body: 'run-canary' });
    const exit = await opencode.run(wait('first'));
    expect(holding(world.model, 'run-canary').filter(Boolean)).toEqual([1]);
    expect([exit.code, exit.stderr]).toEqual([0, before.stderr]);
    expect(exit.stdout).not.toContain('canary');
    expect(await stateOf(team, id)).toBe('acknowledged');
  });

  it.each(['serve', 'web'] as const)('in a server by %s, with the next prompt', async (command) => {
    const laptop = await world.laptop(command);
    await serving(
      laptop,
      async (server) => {
        const conversation = await startConversation(server, 'a test');
        const ask = (words: string) => conversation.prompt(say(words));
        expect(await told(world.model, laptop, `${command}-canary`, server.child, ask)).toEqual([0, 1, 1]);
      },
      {},
      command,
    );
  });

  it('in a run that is attached to a server', async () => {
    const laptop = await world.laptop('attach');
    await serving(laptop, async (server) => {
      const { data } = await server.client.session.create({ body: { title: 'attached' }, throwOnError: true });
      await until('it to be known', async () =>
        (await laptop.team.events()).some(({ session }) => session === data.id),
      );
      const held = await told(world.model, laptop, 'attach-canary', server.child, async (words) => {
        const args = ['run', '--attach', server.url.href, '--session', data.id, say(words)];
        const run = laptop.opencode.start(args, { env: { OPENCODE_SERVER_PASSWORD: server.password } });
        const { code } = await run.exited;
        expect(code).toBe(0);
      });
      expect(held).toEqual([0, 1, 1]);
    });
  });

  it('in an editor, over ACP', async () => {
    const laptop = await world.laptop('acp');
    const editor = await startEditor(laptop.opencode);
    try {
      const held = await told(world.model, laptop, 'acp-canary', editor.child, (words) => editor.prompt(say(words)));
      expect(held).toEqual([0, 1, 1]);
    } finally {
      editor.child.kill('SIGKILL');
    }
  });

  it('in the terminal, which shows that it has come', async () => {
    const { team, opencode } = await world.laptop('tui');
    const since = world.model.calls.length;
    const id = await team.sendMail({ to: HERE, from: 'app/witness', subject: 'lunch?', body: 'tui-canary' });
    const terminal = await askInTerminal(opencode, 'hello there');
    await goOn(terminal, terminal);
    await until('the acknowledgement', async () => (await stateOf(team, id)) === 'acknowledged');
    expect(holding(world.model, 'tui-canary', since)).toEqual([0, 1]);
  });

  it('in a terminal that is attached to a server, which shows it too', async () => {
    const laptop = await world.laptop('attached-tui');
    await serving(laptop, async (server) => {
      const since = world.model.calls.length;
      const id = await laptop.team.sendMail({ to: HERE, from: 'app/witness', subject: 'lunch?', body: 'tui-2-canary' });
      const terminal = await askAttached(laptop.opencode, server, 'hello there');
      await goOn(terminal, server.child);
      await until('the acknowledgement', async () => (await stateOf(laptop.team, id)) === 'acknowledged');
      expect(holding(world.model, 'tui-2-canary', since)).toEqual([0, 1]);
    });
  });
});

/** A second prompt, once the toast is there. */
async function goOn(terminal: Terminal, { trace }: Pick<Terminal, 'trace'>): Promise<void> {
  const idles = () => trace().filter(({ type }) => type === 'session.idle').length;
  try {
    await until('the toast', () => terminal.screen().includes('app/witness'));
    terminal.type('go on');
    await until('the prompt to be drawn', () => terminal.screen().includes('go on'));
    terminal.type(ENTER);
    await until('the second turn to end', () => idles() > 1);
    expect(terminal.screen()).not.toMatch(/tui-(?:2-)?canary/);
  } finally {
    terminal.close();
  }
}
