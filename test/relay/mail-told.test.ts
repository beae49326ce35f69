// Mail that a person gets where she is: in a chat, on the phone, as a webhook.
import { expect, test } from 'vitest';

import { addEndpoint } from './endpoint.ts';
import { sendMail } from './mails.ts';
import { useReceiver, useRelay, useTeam } from './setup.ts';

const relay = useRelay();
const team = useTeam(relay);
const receiver = useReceiver(() => ({ status: 200, body: 'ok' }));

const at = (path: string) => new URL(path, receiver.url).href;
const SLACK = 'services/T1/B1/secret';
const URGENT = {
  events: ['mail.sent'],
  where: { 'data.to': 'overseer', 'data.priority': { $in: ['high', 'urgent'] } },
};

async function sendAll(): Promise<void> {
  await sendMail(team, { subject: 'at leisure' });
  await sendMail(team, { subject: 'soon', priority: 'high' });
  await sendMail(team, { to: 'mayor/', subject: 'not hers', priority: 'urgent' });
  const body = 'the <refinery> is\nstuck @channel';
  await sendMail(team, { from: 'lab:app/witness', subject: '<!channel> *now*', priority: 'urgent', body });
}

test('Slack gets what is urgent and for the overseer, with nobody mentioned', async () => {
  const endpoint = await addEndpoint(team, at(SLACK), { kind: 'slack', ordered: true, ...URGENT });
  await sendAll();
  await endpoint.settled();
  const [soon, now] = receiver.deliveries.map(({ event }) => event);
  expect(receiver.deliveries).toHaveLength(2);
  expect(soon.blocks[0].text.text).toBe('⚠️ Mail for overseer: soon');
  expect(now.blocks[0].text).toEqual({
    type: 'plain_text',
    text: '❌ Mail for overseer: &lt;!channel&gt; *now*',
    emoji: false,
  });
  expect(now.blocks[1].fields.map(({ text }: { text: string }) => text)).toEqual([
    'From: lab:app/witness',
    'Priority: urgent',
    'Text: the &lt;refinery&gt; is stuck @channel',
  ]);
  expect(JSON.stringify(now)).not.toContain('<!channel>');
});

test('ntfy rings by the priority of the message', async () => {
  const endpoint = await addEndpoint(team, at('oncall'), { kind: 'ntfy', ordered: true, ...URGENT });
  await sendAll();
  await endpoint.settled();
  expect(receiver.deliveries.map(({ event }) => [event.priority, event.title])).toEqual([
    [4, 'Mail for overseer: soon'],
    [5, 'Mail for overseer: <!channel> *now*'],
  ]);
});

test('a chat that does not ask for mail gets none, and the recipients of a group are a list to ask for', async () => {
  const quiet = await addEndpoint(team, at(SLACK), { kind: 'slack' });
  const where = { 'data.recipients': { $contains: 'mayor/' } };
  const asked = await addEndpoint(team, at('hook'), { events: ['mail.*'], where });
  await sendMail(team, { subject: 'one' });
  const { id } = await sendMail(team, { subject: 'two', cc: ['mayor'], body: 'whole' });
  await team.call('POST', `/v1/mail/${id}/read`, { address: 'mayor' });
  await quiet.settled();
  await asked.settled();
  expect(receiver.deliveries.map(({ path, event }) => [path, event.type, event.data.body])).toEqual([
    ['/hook', 'mail.sent', 'whole'],
  ]);
});
