// Looking into a mailbox that holds more than a look shows: by the API, by the plugin's tool and over MCP.
import { expect, test } from 'vitest';

import { openOffice } from '../../plugin/mail/office.ts';
import { readOptions } from '../../plugin/mail/options.ts';
import { toolsOf } from '../../plugin/mail/tools.ts';
import { acknowledge, sendMail } from './mails.ts';
import { clientOf } from './mcp-client.ts';
import { useRelay, useTeam } from './setup.ts';

const relay = useRelay();
const team = useTeam(relay);

async function sendAll(count: number, given: object = {}): Promise<string[]> {
  const ids: string[] = [];
  for (let at = 0; at < count; at += 1) ids.push((await sendMail(team, { subject: `no ${at}`, ...given })).id);
  return ids;
}

/** What the model of an agent is shown. */
async function toolSays(own: readonly string[], args: object = { search: '' }): Promise<string> {
  const office = openOffice(relay.relay.url.href, team.token);
  const tools = toolsOf(readOptions({}), { office, books: null, own, finish: () => undefined });
  const context = { sessionID: 'ses_1', abort: new AbortController().signal };
  const said = await tools['relay_mail_inbox']?.execute(args as never, context as never);
  return typeof said === 'string' ? said : JSON.stringify(said);
}

test('new mail is shown, however much lies there that was seen and never marked as read', async () => {
  const ids = await sendAll(55, { to: 'app/toast' });
  await acknowledge(team, { address: 'app/toast', ids: ids.slice(0, 50) });
  await acknowledge(team, { address: 'app/toast', ids: ids.slice(50) });
  await sendMail(team, { to: 'app/toast', subject: 'NEW' });
  const lines = (await toolSays(['lab:app/toast', 'app/toast'])).split('\n');
  expect(lines[1]).toMatch(/: NEW$/);
  expect(lines.slice(1, -1)).toHaveLength(50);
  expect(lines.at(-1)).toBe('6 older in app/toast are not shown: mark what you have read, or search.');
  expect(
    await clientOf(relay, team.token).use('mail_inbox', { address: 'app/toast', unread: true, limit: 3 }),
  ).toMatchObject({
    mails: [{ text: expect.stringContaining('NEW') }, {}, {}],
    more: 53,
  });
});

test('mail of several mailboxes is told in one order, the newest first, and each once', async () => {
  await sendMail(team, { to: 'session:ses_1', subject: 'first' });
  await team.advance(1_000);
  await sendMail(team, { to: 'app/toast', cc: ['session:ses_1'], subject: 'second' });
  await team.advance(1_000);
  await sendMail(team, { to: 'session:ses_1', subject: 'third' });
  const said = await toolSays(['app/toast']);
  expect(said.match(/(?:first|second|third)$/gm)).toEqual(['third', 'second', 'first']);
  expect(said).not.toContain('not shown');
});

test('a mailbox is read in pages from either end, and says how many lie beyond', async () => {
  await sendAll(5);
  await sendMail(team, { to: 'mayor/', subject: 'other' });
  const pages = async (query: string) => {
    const read: [string[], number | null][] = [];
    for (let next: number | null = 0; next !== null;) {
      const { body } = await team.call('GET', `/v1/mail?limit=2${query}&after=${next}`);
      read.push([body.mails.map(({ subject }: { subject: string }) => subject), body.more]);
      next = body.next;
    }
    return read;
  };
  expect(await pages('&address=overseer&order=newest')).toEqual([
    [['no 4', 'no 3'], 3],
    [['no 2', 'no 1'], 1],
    [['no 0'], 0],
  ]);
  expect(await pages('&address=overseer&order=oldest&unread=true')).toEqual([
    [['no 0', 'no 1'], 3],
    [['no 2', 'no 3'], 1],
    [['no 4'], 0],
  ]);
  // What is searched for is known only where it was looked for.
  expect(await pages('&address=overseer&q=no&order=newest')).toEqual([
    [['no 4', 'no 3'], null],
    [['no 2', 'no 1'], null],
    [['no 0'], 0],
  ]);
  expect((await pages('&order=newest')).flatMap(([subjects]) => subjects)).toEqual([
    'other',
    'no 4',
    'no 3',
    'no 2',
    'no 1',
    'no 0',
  ]);
  expect((await team.call('GET', '/v1/mail?order=best')).body.detail).toMatch(/^order: /);
});
