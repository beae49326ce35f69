// What the tools of the MCP server take, and what they say of what they do not.
import { expect, test } from 'vitest';

import { sendMail } from './mails.ts';
import { clientOf } from './mcp-client.ts';
import { useRelay, useTeam } from './setup.ts';

const relay = useRelay();
const team = useTeam(relay);

const REFUSED: readonly [tool: string, given: object, words: RegExp][] = [
  ['costs', { from: 'tomorrow' }, /from: must be a date such as/],
  ['costs', { group_by: ['member', 'model', 'agent'] }, /group_by: must be at most 2/],
  ['costs', { group_by: 'member' }, /^group_by: must be a list of texts$/],
  ['costs', { kind: 'x' }, /kind: must be one of/],
  ['costs', { zone: 'Mars/Olympus' }, /zone: must be an IANA time zone/],
  ['costs', { format: 'csv' }, /^format: is no argument of this tool, which takes from, to/],
  ['costs', { scope: 'own' }, /scope: is of a session/],
  ['sessions', { limit: 1_001 }, /limit: must be a whole number from 1 to 1000, got 1001/],
  ['sessions', { limit: 1.5 }, /^limit: must be a whole number$/],
  ['sessions', { roots: 'true' }, /^roots: must be true or false$/],
  ['sessions', { roots: true, tree: 'ses_1' }, /give one of parent, roots and tree/],
  ['sessions', { member: null }, /^member: must be text$/],
  ['sessions', { member: 'x'.repeat(300) }, /member: must be at most 256 characters/],
  ['events', { wait: 30 }, /^wait: is no argument/],
  ['events', { type: ['nonsense!'] }, /type: must be event types/],
  ['events', { after: 1, since: '2026-11-20T00:00:00Z' }, /since: stands in place of after/],
  ['mail_send', { subject: 'x' }, /^to: is missing$/],
  [
    'mail_send',
    { to: 'nobody at all', subject: 'x' },
    /to: must be an address: overseer, mayor\/, deacon\/, <rig>\/witness/,
  ],
  ['mail_send', { to: 'overseer', subject: 'two\nlines' }, /subject: must be one line/],
  ['mail_send', { to: 'overseer', subject: 'x', body: 'x'.repeat(33_000) }, /body: must be at most 32768 bytes/],
  ['mail_send', { to: '@dogs', subject: 'x' }, /@dogs is nobody/],
  ['mail_send', { to: 'overseer', subject: 'x', idempotency_key: '' }, /Idempotency-Key is none/],
  ['mail_inbox', {}, /^address: is missing$/],
  ['mail_inbox', { address: '@town' }, /must be a mailbox/],
  ['mail_read', { id: '..' }, /there is no route|there is no message/],
  ['mail_read', { id: '../../tokens' }, /there is no message \.\.\/\.\.\/tokens/],
  ['mail_read', { id: 'x', address: 'overseer' }, /there is no message x/],
  ['mail_ack', { address: 'overseer', ids: [] }, /ids: must name a message|body: must be/],
  ['mail_ack', { address: 'overseer', ids: [1] }, /^ids: must be a list of texts$/],
];

test.for(REFUSED)('%s says what is wrong with %o', async ([tool, given, words]) => {
  const { content, isError } = await clientOf(relay, team.token).ask('tools/call', { name: tool, arguments: given });
  expect([isError, content.length, content[0].type]).toEqual([true, 1, 'text']);
  expect(content[0].text).toMatch(words);
});

test('each argument that a tool offers is taken', async () => {
  const { id } = await sendMail(team);
  const client = clientOf(relay, team.token);
  const examples: Record<string, Record<string, unknown>> = {
    costs: { from: '2026-11-20', to: '2026-11-21', zone: 'Europe/Berlin', session: 'ses_1' },
    sessions: { from: '2026-11-20', to: '2026-11-21', zone: 'Europe/Berlin' },
    events: { since: '2026-11-20T00:00:00Z' },
    mail_send: { to: 'overseer', cc: ['mayor/'], from: 'app/joe', reply_to: id },
    mail_inbox: { address: 'overseer' },
    mail_read: { id, address: 'overseer' },
    mail_thread: { id },
    mail_ack: { address: 'overseer', ids: [id] },
  };
  const others: Record<string, unknown> = { string: 'x', integer: 1, boolean: true, array: ['*'] };
  const { tools } = await client.ask('tools/list');
  for (const { name, inputSchema } of tools) {
    const { properties, required = [] } = inputSchema;
    const example = (argument: string): unknown => {
      const { type, enum: values, items } = properties[argument];
      return examples[name]?.[argument] ?? values?.[0] ?? (items?.enum === undefined ? others[type] : [items.enum[0]]);
    };
    for (const argument of Object.keys(properties)) {
      // A scope is one of a session.
      const always = argument === 'scope' ? ['session'] : required;
      const given = Object.fromEntries([...always, argument].map((one) => [one, example(one)]));
      await expect(client.use(name, given), `${name} ${JSON.stringify(given)}`).resolves.toBeTypeOf('object');
    }
  }
});
