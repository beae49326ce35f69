// One team's day over every way to run OpenCode. In the end the ledger says what the model's invoice says, to the nano-dollar;
// only titles are missing from it, because no event carries what they cost.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { converse, startConversation, type Conversation } from '../support/conversation.ts';
import { nanoOf } from '../support/nano.ts';
import type { OpenCodeServer } from '../support/opencode.ts';
import { report, usd } from '../support/report.ts';
import { prompt } from '../support/step.ts';
import { askInTerminal } from '../support/terminal.ts';
import { until } from '../support/until.ts';
import { compare, complete } from '../support/verdict.ts';
import { openWorld, type Laptop, type World } from '../support/world.ts';

const bash = (command: string) => ({ kind: 'tool', name: 'bash', args: { command, description: 'run it' } }) as const;
const task = (words: string) =>
  ({ kind: 'tool', name: 'task', args: { description: 'sub work', prompt: words, subagent_type: 'general' } }) as const;
const todo = (content: string) => ({ content, status: 'pending', priority: 'high' });

let world: World;
let laptop: Laptop;

beforeAll(async () => {
  world = await openWorld();
  laptop = await world.laptop('money', { rttMs: 20, config: { permission: { bash: 'ask' } } });
});

afterAll(() => world.close());

describe('opencode run', () => {
  it.for<[story: string, words: string, code: number]>([
    ['answers', 'hello', 0],
    ['reads a file', prompt('read', { kind: 'tool', name: 'read', args: { filePath: 'notes.txt' } }), 0],
    ['starts a sub-agent', prompt('delegate', task('hello sub-agent')), 0],
    ['asks for a permission that nobody gives', prompt('run', bash('echo no')), 0],
    ['is told 401', prompt('fail', { kind: 'fail', status: 401 }), 1],
    ['is told 500, then answered', prompt('fail', { kind: 'fail', status: 500, times: 1 }), 0],
    ['is told 429, then answered', prompt('fail', { kind: 'fail', status: 429, times: 1 }), 0],
    ['is cut off, then answered', prompt('fail', { kind: 'break', times: 1 }), 0],
  ])('%s', async ([, words, code]) => {
    expect(await laptop.opencode.run(words, { model: 'fake-odd' })).toMatchObject({ code });
  });

  it('makes a title, which costs money that no event tells of', async () => {
    await laptop.opencode.run('what shall I call you?', { title: null });
    expect(world.model.calls.filter(({ kind }) => kind === 'title')).toHaveLength(1);
  });

  it('goes on with a fork of the session before', async () => {
    const args = ['--continue', '--fork'];
    expect(await laptop.opencode.run('and if not?', { args })).toMatchObject({ code: 0 });
  });
});

describe('opencode serve, behind a password', () => {
  let server: OpenCodeServer;
  let main: Conversation;

  beforeAll(async () => {
    server = await laptop.opencode.serve();
    main = await startConversation(server, 'main');
  });

  it('refuses who does not know the password', async () => {
    expect((await fetch(new URL('/session', server.url))).status).toBe(401);
  });

  it('answers, thinks, uses tools and a sub-agent', async () => {
    await main.prompt('a first question');
    await main.prompt(prompt('plan', { kind: 'tool', name: 'todowrite', args: { todos: [todo('one'), todo('two')] } }));
    await main.prompt(prompt('delegate', task('hello sub-agent')), 'fake-odd');
    const { data } = await server.client.session.children({ path: { id: main.id }, throwOnError: true });
    expect(data).toHaveLength(1);
  });

  it('runs a command after somebody allowed it', async () => {
    const turn = main.prompt(prompt('run', bash('echo yes')));
    const asked = await until('the question', () => main.trace().find(({ type }) => type === 'permission.asked'));
    await server.client.postSessionIdPermissionsPermissionId({
      path: { id: main.id, permissionID: asked.properties.id ?? '' },
      body: { response: 'once' },
      throwOnError: true,
    });
    await turn;
    expect(main.trace().map(({ type }) => type)).toContain('permission.replied');
  });

  it('forks', async () => {
    const { data } = await server.client.session.fork({ path: { id: main.id }, body: {}, throwOnError: true });
    const fork = converse(server, data.id);
    await fork.prompt('a question in the fork', 'fake-odd');
    expect((await fork.messages()).length).toBeGreaterThan(2);
  });

  it('compacts, when asked and by itself', async () => {
    const body = { providerID: 'fake', modelID: 'fake-model' };
    await server.client.session.summarize({ path: { id: main.id }, body, throwOnError: true });
    const tiny = await startConversation(server, 'tiny');
    await tiny.prompt('fill the context', 'fake-tiny');
    for (const session of [main, tiny]) {
      await until('the compaction', () => session.trace().some(({ type }) => type === 'session.compacted'));
    }
    expect(world.model.calls.filter(({ kind }) => kind === 'compaction').length).toBeGreaterThanOrEqual(2);
  });

  it('reverts, and is asked something else', async () => {
    const second = (await main.messages()).filter(({ role }) => role === 'user')[1];
    const body = { messageID: second?.id ?? '' };
    await server.client.session.revert({ path: { id: main.id }, body, throwOnError: true });
    await main.prompt('after the revert');
    expect(main.trace().map(({ type }) => type)).toContain('message.removed');
  });

  it('is aborted in the middle of an answer', async () => {
    const slow = await startConversation(server, 'slow');
    const turn = slow.prompt(prompt('talk', { kind: 'say', chunks: 500, gapMs: 20 }));
    await until('the answer to begin', () => world.model.streaming() > 0);
    await server.client.session.abort({ path: { id: slow.id }, throwOnError: true });
    await turn;
    expect(slow.trace().map(({ type }) => type)).toContain('session.error');
  });

  it('names a session by itself and deletes one', async () => {
    const unnamed = await startConversation(server);
    await unnamed.prompt('no title yet');
    await server.client.session.delete({ path: { id: main.id }, throwOnError: true });
    await until('the deletion', () => main.trace().some(({ type }) => type === 'session.deleted'));
    // OpenCode does not wait for a title, nor does the turn.
    await until('the title', () => world.model.calls.filter(({ kind }) => kind === 'title').length === 2);
    expect(main.trace().at(-1)?.type).toBe('session.deleted');
  });

  afterAll(async () => {
    server.child.kill('SIGTERM');
    await server.child.exited;
  });
});

describe('the TUI', () => {
  it('answers', async () => {
    const terminal = await askInTerminal(laptop.opencode, 'hello from the terminal');
    terminal.signal('SIGTERM');
    await terminal.exited;
    expect(terminal.screen()).toContain('opencode -s ses_');
  });
});

describe('the ledger', () => {
  it('holds every event that OpenCode announced', async () => {
    expect(compare(laptop.opencode.trace(), await laptop.team.events())).toMatchObject(complete);
  });

  it("is the model's invoice without its titles, to the nano-dollar", async () => {
    const { model } = world;
    const [events, sessions, usage] = await Promise.all([
      laptop.team.events(),
      laptop.team.sessions(),
      laptop.team.usageNano(),
    ]);
    const messages = new Map<string, bigint>();
    const copies = new Map<string, bigint>();
    for (const { type, data } of events) {
      if (type !== 'message.updated') continue;
      const last = data['copied'] === true ? copies : messages;
      last.set(String(data['message']), nanoOf(String(data['cost_usd'])));
    }
    const bySession = sum(sessions.map(({ costNano }) => costNano));
    const byMessage = sum(messages.values());
    const invoice = model.costNano() - model.costNano('title');
    report('the ledger and the invoice', [
      {
        calls: model.calls.length,
        invoice: usd(model.costNano()),
        titles: model.calls.filter(({ kind }) => kind === 'title').length,
        'titles cost': usd(model.costNano('title')),
        'usage total': usd(usage),
        'sum of sessions': usd(bySession),
        'last of each message': usd(byMessage),
        messages: messages.size,
        'copies, not charged': `${copies.size}: ${usd(sum(copies.values()))}`,
      },
    ]);
    expect({ usage, bySession, byMessage }).toEqual({ usage: invoice, bySession: invoice, byMessage: invoice });
    // Without copies the test of not charging them would be none.
    expect(copies.size).toBeGreaterThan(0);
  });

  it('shows what was reverted and deleted as discarded, and still as paid', async () => {
    const events = await laptop.team.events();
    const deleted = new Set(events.flatMap(({ type, session }) => (type === 'session.deleted' ? [session] : [])));
    const removed = new Set(
      events.flatMap(({ type, data }) => (type === 'message.removed' ? [String(data['message'])] : [])),
    );
    const discarded = new Map<string, bigint>();
    for (const { type, session, data } of events) {
      if (type !== 'message.updated' || data['copied'] === true) continue;
      const message = String(data['message']);
      if (deleted.has(session) || removed.has(message)) discarded.set(message, nanoOf(String(data['cost_usd'])));
    }
    expect(removed.size).toBeGreaterThan(0);
    expect(await laptop.team.discardedNano()).toBe(sum(discarded.values()));
    expect(sum(discarded.values())).toBeGreaterThan(0n);
  });

  it('knows whose sub-agent a session is', async () => {
    const announced = laptop.opencode.trace().flatMap(({ type, properties }) => {
      const { info } = properties;
      return type === 'session.created' && info?.parentID !== undefined ? [[info.id, info.parentID]] : [];
    });
    const stored = new Map((await laptop.team.sessions()).map(({ id, parent }) => [id, parent]));
    expect(announced.length).toBeGreaterThanOrEqual(2);
    expect(announced.map(([id = '']) => [id, stored.get(id)])).toEqual(announced);
  });
});

function sum(amounts: Iterable<bigint>): bigint {
  let total = 0n;
  for (const amount of amounts) total += amount;
  return total;
}
