import { describe, expect, it } from 'vitest';

import { Refusal } from '../../../plugin/mail/office.ts';
import type { Asked } from '../../../plugin/mail/office.ts';
import { readOptions, TOOLS } from '../../../plugin/mail/options.ts';
import { toolsOf } from '../../../plugin/mail/tools.ts';

const OWN = ['lab:app/toast', 'app/toast'];

type Answer = (path: string, asked: Asked) => object;

function open(answer: Answer) {
  const asked: { readonly path: string; readonly asked: Asked }[] = [];
  const finished: string[] = [];
  const office = async (path: string, one: Asked = {}) => {
    asked.push({ path, asked: one });
    return answer(path, one) as Readonly<Record<string, unknown>>;
  };
  const options = readOptions({ read_token: 'gl_read' });
  const tools = toolsOf(options, { office, books: office, own: OWN, finish: (id) => finished.push(id) });
  const asking: unknown[] = [];
  const context = {
    sessionID: 's1',
    abort: new AbortController().signal,
    ask: async (one: unknown) => asking.push(one),
  };
  const call = async (name: (typeof TOOLS)[number], args: object) => {
    const said = await tools[name]?.execute(args as never, context as never);
    return typeof said === 'string' ? said : JSON.stringify(said);
  };
  return { tools, call, asked, asking, finished };
}

const SENT = { mail: { id: 'mail_7', recipients: [{ address: 'mayor/', state: 'unread' }] } };
const LETTER = { to: 'mayor/', subject: 'done', body: 'it works', priority: 'high', reply_to: '' };

describe('the tools', () => {
  it('say what they want in JSON Schema that goes over the wire as it is', () => {
    const { tools } = open(() => ({}));
    expect(Object.keys(tools)).toEqual(TOOLS);
    for (const { description, args } of Object.values(tools)) {
      expect(description.length).toBeLessThan(350);
      expect(JSON.parse(JSON.stringify(args))).toEqual(args);
      for (const schema of Object.values(args)) expect(schema).toMatchObject({ type: 'string' });
    }
    // What they add to each request of a model.
    expect(JSON.stringify(tools).length).toBeLessThan(2_000);
  });

  it('ask for leave before they send, and send once though the first answer is lost', async () => {
    let tries = 0;
    const { call, asked, asking } = open(() => {
      tries += 1;
      if (tries === 1) throw new TypeError('the network went away');
      return SENT;
    });
    expect(await call('relay_mail_send', LETTER)).toBe('Sent as mail_7 to mayor/');
    expect(asking).toMatchObject([{ permission: 'relay_mail_send', patterns: ['mayor/'] }]);
    const keys = asked.map(({ asked: { headers } }) => headers?.['idempotency-key']);
    expect(keys).toHaveLength(2);
    expect(new Set(keys).size).toBe(1);
    expect(asked[0]?.asked.body).toEqual({
      to: 'mayor/',
      subject: 'done',
      body: 'it works',
      priority: 'high',
      from: OWN[0],
    });
  });

  it('do not insist where the relay has refused', async () => {
    const { call, asked } = open(() => {
      throw new Refusal('the relay answered 409: mayor/ is full');
    });
    await expect(call('relay_mail_send', LETTER)).rejects.toThrow('mayor/ is full');
    expect(asked).toHaveLength(1);
  });

  it('list what lies in each of the mailboxes, once', async () => {
    const mails = [
      { id: 'mail_1', from: 'bob', subject: 'a\u0007 <b>', priority: 'low', timestamp: '2026-11-23T09:00:00.000Z' },
    ];
    const { call, asked } = open(() => ({ mails }));
    const said = await call('relay_mail_inbox', {});
    expect(said.split('\n').slice(1)).toEqual(['mail_1 2026-11-23T09:00:00.000Z low from bob: a &lt;b>']);
    expect(asked.map(({ path }) => new URLSearchParams(path.split('?')[1]).get('address'))).toEqual([
      ...OWN,
      'session:s1',
    ]);
    expect(asked.every(({ path }) => path.includes('unread=true'))).toBe(true);
    expect(await open(() => ({ mails: [] })).call('relay_mail_inbox', { search: 'x' })).toBe('No mail.');
  });

  it('mark what was read where it is their own, and know that a model has it', async () => {
    const mail = { id: 'mail_1', body: 'hello', recipients: [{ address: 'mayor/' }, { address: 'app/toast' }] };
    const { call, asked, finished } = open(() => ({ mail }));
    expect(await call('relay_mail_read', { id: 'mail_1/../../tokens' })).toContain('hello');
    expect(asked.map(({ path, asked: { body } }) => [path, body])).toEqual([
      ['mail/mail_1%2F..%2F..%2Ftokens', undefined],
      ['mail/mail_1/read', { address: 'app/toast' }],
    ]);
    expect(finished).toEqual(['mail_1']);
  });

  it('say of costs what is dearest, and how much more there is', async () => {
    const rows = Array.from({ length: 40 }, (_, index) => ({ model: `m${index}`, cost_usd: `${index}.5` }));
    const { call, asked } = open(() => ({ from: 'a', to: 'b', total: { cost_usd: '9' }, rows }));
    const args = { of: 'session', from: '2026-11-01', to: '', group_by: 'model' };
    const said = JSON.parse(await call('relay_costs', args)) as { rows: object[]; more_rows: number };
    expect(asked[0]?.path).toBe('usage?from=2026-11-01&group_by=model&session=s1');
    expect(said).toMatchObject({ from: 'a', to: 'b', total: { cost_usd: '9' }, more_rows: 10 });
    expect(said.rows[0]).toEqual({ model: 'm39', cost_usd: '39.5' });
  });
});
