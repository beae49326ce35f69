// An escalation that a town tells by each of its routes rings once.
import { expect, test } from 'vitest';

import { batch, idle, source } from './builders.ts';
import { addEndpoint } from './endpoint.ts';
import { readLog } from './oracle.ts';
import { useReceiver, useRelay, useTeam } from './setup.ts';

const relay = useRelay();
const team = useTeam(relay);
const receiver = useReceiver(() => ({ status: 200, body: 'ok' }));

const MINUTE = 60_000;
const slack = (bead: string, text = 'Dolt is down', level = 'CRITICAL') => ({
  text: `🔴 *[${level}] Escalation ${bead}*\n${text}\n_Acknowledge: \`gt escalate ack ${bead}\`_`,
});
const sms = (bead: string, text = 'Dolt is down', level = 'CRITICAL') => ({
  body: `[Gas Town ${level}] ${text} (bead: ${bead})`,
});

async function route(kind: string, given: object = {}) {
  const { body } = await team.call('POST', '/v1/inbound', { kind, name: 'lab', ...given });
  return async (said: object) => {
    const reply = await team.call('POST', new URL(body.url).pathname, said);
    expect([reply.status, reply.body]).toEqual([200, 'ok']);
  };
}

const said = async () =>
  (await readLog(team)).map(({ data: { bead, severity, text } }) => [bead, severity, text].join(' '));

test('told by two routes it is one event, rings a chat once, and the second is counted where it came in', async () => {
  const chat = await addEndpoint(team, new URL('services/T1/B1/secret', receiver.url).href, { kind: 'slack' });
  const [bySlack, bySms] = [await route('slack'), await route('sms')];
  await bySlack(slack('hq-7'));
  await bySms(sms('hq-7'));
  await bySms(sms('hq-7'));
  expect(await said()).toEqual(['hq-7 critical Dolt is down']);
  await chat.settled();
  expect(receiver.deliveries).toHaveLength(1);
  const { inbound } = (await team.call('GET', '/v1/inbound')).body;
  expect(inbound.map(({ kind, repeated }: { kind: string; repeated: number }) => [kind, repeated])).toEqual(
    expect.arrayContaining([
      ['slack', 0],
      ['sms', 2],
    ]),
  );
});

test('what differs in bead, severity or words is another, and so is the same after ten minutes', async () => {
  const [bySlack, bySms] = [await route('slack'), await route('sms')];
  await bySlack(slack('hq-7'));
  await bySms(sms('hq-8'));
  await bySms(sms('hq-7', 'Dolt is down', 'HIGH'));
  await bySms(sms('hq-7', 'Dolt is still down'));
  expect(await said()).toHaveLength(4);
  await team.crash();
  await team.advance(9 * MINUTE);
  await bySlack(slack('hq-7', 'Dolt is still down'));
  expect(await said()).toHaveLength(4);
  await team.advance(2 * MINUTE);
  await bySlack(slack('hq-7', 'Dolt is still down'));
  expect(await said()).toHaveLength(5);
});

test('what names no bead is never taken for a repetition', async () => {
  const daemon = await route('gt-notify');
  for (let at = 0; at < 2; at += 1) await daemon({ message: 'Deacon was stuck', priority: 'high' });
  expect((await readLog(team)).map(({ type }) => type)).toEqual(['escalation.raised', 'escalation.raised']);
});

test('where the bridge alone tells of it, a chat with the events of its kind hears of it once', async () => {
  const chat = await addEndpoint(team, new URL('services/T1/B1/secret', receiver.url).href, { kind: 'slack' });
  const data = {
    actor: 'mayor',
    visibility: 'feed',
    payload: { rig: 'hq-7', severity: 'critical', reason: 'Dolt is <!channel> down' },
  };
  const tags = { town: 'lab', role: null, rig: null, worker: null, bead: null };
  const events = ['town.escalation_sent', 'town.feed.escalation_sent', 'town.session_start'].map((type, at) => ({
    ...idle(at + 1),
    type,
    data,
  }));
  await team.call('POST', '/v1/events', { ...batch([], { source: source({ town: tags }) }), events });
  await team.call('POST', '/v1/mail', { to: 'overseer', subject: '[CRITICAL] Dolt is down' });
  await chat.settled();
  expect(receiver.deliveries.map(({ event }) => event.blocks[0].text.text)).toEqual([
    '❌ Escalation (critical): Dolt is &lt;!channel&gt; down',
  ]);
  expect(receiver.deliveries[0]?.body).toContain('gt escalate ack hq-7');
});

test('what comes in by the URL of a town is of that town, to filters and in the log', async () => {
  const lab = await route('slack', { town: 'lab' });
  const web = await route('sms', { town: 'web' });
  const hook = await addEndpoint(team, receiver.url, { events: ['escalation.*', 'notice.*'], where: { town: 'lab' } });
  await lab(slack('hq-7'));
  // Of another town it is another, whatever it is called there.
  await web(sms('hq-7'));
  await lab({ text: 'up again' });
  await (
    await route('slack')
  )({ text: 'of nowhere' });
  const tags = (town: string) => ({ town, role: null, rig: null, worker: null, bead: null });
  expect((await readLog(team)).map(({ type, source: { id, town } }) => [type, id, town])).toEqual([
    ['escalation.raised', 'gasline:relay', tags('lab')],
    ['escalation.raised', 'gasline:relay', tags('web')],
    ['notice.received', 'gasline:relay', tags('lab')],
    ['notice.received', 'gasline:relay', null],
  ]);
  await hook.settled();
  expect(receiver.deliveries.map(({ event }) => event.data.bead ?? event.data.text)).toEqual(['hq-7', 'up again']);
  const { inbound } = (await team.call('GET', '/v1/inbound')).body;
  expect(inbound.map(({ town }: { town: string | null }) => town).toSorted()).toEqual(['lab', null, 'web']);
  const { status, body } = await team.call('POST', '/v1/inbound', { kind: 'slack', name: 'x', town: '' });
  expect([status, body.detail]).toEqual([400, expect.stringMatching(/^town: /)]);
});
