// The plugin's hooks around mail, as OpenCode calls them, with a relay that says and lends what the test wants.

import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { HELD } from '../../../plugin/mail/box.ts';
import { registry } from '../../../plugin/registry.ts';
import { startCollector, until } from '../collector.ts';
import type { Asked, Collector } from '../collector.ts';
import { load, makeHome, TOKEN } from '../opencode.ts';
import type { Home, Loaded } from '../opencode.ts';
import { answer, request, send } from './calls.ts';
import { told } from './letters.ts';

const ADDRESS = 'member:ann@example.com';
const MAIL = { id: 'mail_1', from: 'bob', to: ADDRESS, subject: 'lunch', body: 'at noon', addresses: [ADDRESS] };

let home: Home;
let collector: Collector;
let waiting: unknown;
let lent: unknown;

beforeEach(async () => {
  home = makeHome();
  waiting = { unread: 1, urgent: 0 };
  lent = [MAIL];
  collector = await startCollector((batch) => {
    const receipt = { accepted: batch.events.length, duplicates: 0, rejected: [] };
    return { status: 202, body: { ...receipt, ...(waiting === null ? {} : { mail: waiting }) } };
  });
  collector.office = ({ path }) => ({
    status: 200,
    body: path === '/v1/mail/lease' ? { lease: 'lease_1', mails: lent } : {},
  });
});

afterEach(async () => {
  await Promise.all([...registry().endings].map((end) => end()));
  await collector.stop();
  vi.restoreAllMocks();
  home.remove();
});

const asked = (path: string) => collector.asked.filter((one: Asked) => one.path === path);
const leases = () => asked('/v1/mail/lease');
const options = () => ({ url: collector.url, token: TOKEN });

/** With something to send, which the relay answers by saying that mail waits. */
async function loadAndPost(more: object = {}, instance: Parameters<typeof load>[2] = {}): Promise<Loaded> {
  const loaded = await load(home, { ...options(), ...more }, instance);
  loaded.publish('session.created', { sessionID: 's1', info: { id: 's1', time: { created: 1 } } });
  await until(() => collector.requests.length > 0);
  return loaded;
}

async function loadWithMail(...given: Parameters<typeof loadAndPost>): Promise<Loaded> {
  const loaded = await loadAndPost(...given);
  await until(() => loaded.toasts.length > 0);
  return loaded;
}

describe('mail that waits', () => {
  it('is fetched for the member, the project and the session, shown, put into the next prompt, and acknowledged', async () => {
    const loaded = await loadWithMail();
    expect(leases()).toHaveLength(1);
    expect(leases()[0]).toMatchObject({
      headers: { authorization: `Bearer ${TOKEN}` },
      body: {
        addresses: [ADDRESS, 'project:root-commit', 'project:git.example.com/acme/widgets', 'session:s1'],
        limit: HELD,
        lease_s: 300,
      },
    });
    expect(loaded.toasts).toEqual(['Mail from bob: lunch']);
    const [part, ...more] = await send(loaded);
    expect(more).toEqual([]);
    expect(part).toMatchObject({ type: 'text', synthetic: true, sessionID: 's1', messageID: 'user_1' });
    expect(part?.text).toContain('at noon');
    expect(await send(loaded)).toEqual([]);
    await request(loaded, [told('user_1', 'user', part?.text ?? '')]);
    expect(asked('/v1/mail/ack')).toEqual([]);
    answer(loaded);
    await until(() => asked('/v1/mail/ack').length === 1);
    expect(asked('/v1/mail/ack')[0]?.body).toEqual({ address: ADDRESS, ids: ['mail_1'] });
  });

  it('is not asked for where none does', async () => {
    waiting = null;
    const loaded = await loadAndPost();
    expect(await send(loaded)).toEqual([]);
    await loaded.dispose();
    expect(collector.asked).toEqual([]);
  });

  it.each([
    [{ mail: false, tools: 'false' }, []],
    [{ mail: false }, ['tool']],
  ])('is not asked for by who wants %j, whose hooks are as few', async (wanted, more) => {
    const loaded = await loadAndPost(wanted);
    await loaded.dispose();
    expect(Object.keys(loaded.hooks).toSorted()).toEqual(['chat.params', 'dispose', 'event', ...more]);
    expect(collector.asked).toEqual([]);
  });

  it('is asked for once a minute at most while there is none to be had', async () => {
    lent = [];
    const loaded = await loadAndPost();
    await until(() => leases().length === 1);
    loaded.publish('session.compacted', { sessionID: 's1' });
    await until(() => collector.requests.length === 2);
    await loaded.dispose();
    expect(leases()).toHaveLength(1);
  });

  it('is given back by who ends before a model has had it, and by nobody else', async () => {
    const given = () => asked('/v1/mail/release').map(({ body }) => body);
    const idle = await loadWithMail();
    await idle.dispose();
    expect(given()).toEqual([{ lease: 'lease_1' }]);
    const busy = await loadWithMail();
    const [part] = await send(busy);
    await request(busy, [told('user_1', 'user', part?.text ?? '')]);
    answer(busy);
    await busy.dispose();
    expect(given()).toHaveLength(1);
  });

  it('is acknowledged by who is disposed of right after its answer, and comes late for no model', async () => {
    const loaded = await loadWithMail();
    const [part] = await send(loaded);
    await request(loaded, [told('user_1', 'user', part?.text ?? '')]);
    answer(loaded);
    await loaded.dispose();
    expect(asked('/v1/mail/ack')).toHaveLength(1);
  });

  it('that a model has had is acknowledged again where the relay lends it again', async () => {
    const loaded = await loadWithMail();
    const [part] = await send(loaded);
    await request(loaded, [told('user_1', 'user', part?.text ?? '')]);
    answer(loaded);
    await until(() => asked('/v1/mail/ack').length === 1);
    await until(() => {
      loaded.publish('session.compacted', { sessionID: 's1' });
      return asked('/v1/mail/ack').length > 1;
    });
    expect(await send(loaded)).toEqual([]);
    expect(loaded.toasts).toHaveLength(1);
  });

  it('comes again in the request from which a compaction took it, and stays there', async () => {
    const loaded = await loadWithMail();
    await send(loaded);
    const first = await request(loaded, [told('user_1', 'user', 'go on')]);
    expect(first.map(({ info }) => info.role)).toEqual(['user', 'user']);
    expect(JSON.stringify(first[1])).toContain('at noon');
    const second = await request(loaded, [told('user_1', 'user', 'go on')]);
    expect(second).toEqual(first);
    answer(loaded);
    await until(() => asked('/v1/mail/ack').length === 1);
    expect(await request(loaded, [told('user_1', 'user', 'go on'), told('a', 'assistant')])).toHaveLength(3);
  });

  it('is no part of what a compaction sums up', async () => {
    const loaded = await loadWithMail();
    await send(loaded);
    await loaded.hooks['experimental.session.compacting']?.({ sessionID: 's1' }, { context: [] });
    expect(await request(loaded, [told('user_0', 'user', 'before')])).toHaveLength(1);
  });
});

describe('a session', () => {
  it('of a sub-agent is not told', async () => {
    const loaded = await loadWithMail();
    loaded.publish('session.created', { sessionID: 's2', info: { id: 's2', parentID: 's1', time: { created: 1 } } });
    expect(await send(loaded, 's2')).toEqual([]);
    expect(await send(loaded, 's1')).toHaveLength(1);
  });

  it('that nobody has spoken of is asked about, for a moment', async () => {
    const known: Record<string, () => Promise<unknown>> = {
      child: async () => ({ data: { id: 'child', parentID: 's1' } }),
      gone: () => Promise.reject(new Error('no such session')),
      slow: () => new Promise(() => {}),
      root: async () => ({ data: { id: 'root' } }),
    };
    const loaded = await loadWithMail({}, { getSession: async ({ path }) => known[path.id]?.() });
    const startedAt = performance.now();
    for (const id of ['child', 'gone', 'slow']) expect(await send(loaded, id)).toEqual([]);
    expect(performance.now() - startedAt).toBeLessThan(200);
    expect(await send(loaded, 'root')).toHaveLength(1);
  });

  it('without a title has it in its request, and not in the prompt, of which the title is made', async () => {
    const loaded = await loadWithMail();
    const info = { id: 's1', title: 'New session - 2026-11-23T09:00:00.000Z', time: { created: 1 } };
    loaded.publish('session.updated', { sessionID: 's1', info });
    expect(await send(loaded)).toEqual([]);
    const messages = await request(loaded, [told('user_1', 'user', 'do it')]);
    expect(JSON.stringify(messages[1])).toContain('at noon');
    answer(loaded);
    await until(() => asked('/v1/mail/ack').length === 1);
  });

  it('of `opencode run` has mail lent when a tool runs, and gets it between two requests', async () => {
    const { argv } = process;
    process.argv = ['bun', 'opencode', 'run', 'do it'];
    try {
      const loaded = await loadAndPost();
      await until(() => collector.requests.length === 1);
      loaded.publish('message.part.updated', { part: { type: 'tool', state: { status: 'pending' } } });
      expect(leases()).toEqual([]);
      await until(() => {
        loaded.publish('message.part.updated', { part: { type: 'tool', state: { status: 'running' } } });
        return loaded.toasts.length === 1;
      });
      const messages = await request(loaded, [told('user_1', 'user', 'do it'), told('a', 'assistant')]);
      expect(JSON.stringify(messages[2])).toContain('at noon');
    } finally {
      process.argv = argv;
    }
  });

  it('is told in the middle of a turn what is urgent, and of the rest nothing', async () => {
    lent = [MAIL, { ...MAIL, id: 'mail_2', body: 'at once', priority: 'urgent' }];
    const loaded = await loadWithMail();
    expect(loaded.toasts).toEqual(['2 messages, the first from bob: lunch']);
    const messages = await request(loaded, [told('user_1', 'user', 'do it'), told('a', 'assistant')]);
    expect(JSON.stringify(messages)).toContain('at once');
    expect(JSON.stringify(messages)).not.toContain('at noon');
    const [part] = await send(loaded);
    expect(part?.text).toContain('at noon');
    expect(part?.text).not.toContain('at once');
  });
});

describe('whatever happens', () => {
  it.each([
    ['refuses', () => ({ status: 400, body: { detail: 'addresses: no' } })],
    ['fails', () => ({ status: 500 })],
    ['answers with a page', () => ({ status: 200, body: '<html>' })],
    ['sends elsewhere', () => ({ status: 302, headers: { location: 'http://127.0.0.1:9/' } })],
  ])('a relay that %s costs the session nothing but a line in the log', async (_, office) => {
    collector.office = office;
    const loaded = await loadAndPost();
    await until(() => leases().length === 1);
    expect(await send(loaded)).toEqual([]);
    await loaded.dispose();
    expect(loaded.toasts).toEqual([]);
    expect(loaded.log.every((said) => said.startsWith('warn mail was not fetched: '))).toBe(true);
  });

  it('no answer of a relay and no call of OpenCode makes a hook throw', async () => {
    const loaded = await loadWithMail();
    const { hooks } = loaded;
    const names = ['chat.message', 'experimental.session.compacting', 'experimental.chat.messages.transform'] as const;
    const fields = fc.record({ sessionID: fc.constantFrom('s1', 's2'), messages: fc.anything(), parts: fc.anything() });
    await fc.assert(
      fc.asyncProperty(
        fc.anything(),
        fc.oneof(fields, fc.object()),
        fc.oneof(fields, fc.object()),
        async (mails, input, output) => {
          lent = [mails, { ...MAIL, subject: mails, addresses: mails }];
          for (const name of names) await (hooks[name] as unknown as AnyHook)(input, output);
          await (hooks['chat.params'] as unknown as AnyHook)(input, output);
          loaded.publish('message.updated', input);
          loaded.publish('message.part.updated', output);
          loaded.publish('session.updated', output);
        },
      ),
    );
    expect(loaded.log.filter((said) => !said.includes('bug'))).toEqual([]);
  });
});

type AnyHook = (input: unknown, output: unknown) => Promise<void>;
