// Mail that readers take: lent, acknowledged, and there again where a reader dies. What a source is told of it.
import { expect, test } from 'vitest';

import { batch, idle, source } from './builders.ts';
import { acknowledge, inbox, lease, sendMail } from './mails.ts';
import { readLog } from './oracle.ts';
import { useRelay, useTeam } from './setup.ts';

const relay = useRelay();
const team = useTeam(relay);

const subjects = (mails: readonly { subject: string }[]) => mails.map(({ subject }) => subject);
const states = async (address: string) => (await inbox(team, address)).map(({ state }) => state);

test('what one reader has no other gets, the most urgent first', async () => {
  for (const priority of ['low', 'normal', 'urgent', 'high', 'normal']) {
    await sendMail(team, { subject: `${priority} ${(await inbox(team, 'overseer')).length}`, priority });
  }
  const first = await lease(team, ['overseer'], { limit: 3 });
  expect(subjects(first.mails)).toEqual(['urgent 2', 'high 3', 'normal 1']);
  expect(first.mails[0]).toMatchObject({ read: false, addresses: ['overseer'], body: '', from: 'relay' });
  const second = await lease(team, ['overseer']);
  expect(subjects(second.mails)).toEqual(['normal 4', 'low 0']);
  expect(await lease(team, ['overseer'])).toEqual({ lease: null, until: null, mails: [] });
  expect(await states('overseer')).toEqual(['leased', 'leased', 'leased', 'leased', 'leased']);
  expect(new Set([first.lease, second.lease]).size).toBe(2);
});

test('a reader that dies after it has fetched loses nothing: when its lease ends the mail comes again', async () => {
  const { id } = await sendMail(team);
  const dead = await lease(team, ['overseer'], { lease_s: 60 });
  expect(Date.parse(dead.until) - Date.now()).toBeGreaterThan(50_000);
  await team.advance(59_000);
  expect((await lease(team, ['overseer'])).mails).toEqual([]);
  await team.advance(2_000);
  const heir = await lease(team, ['overseer']);
  expect(heir.mails.map((mail: { id: string }) => mail.id)).toEqual([id]);
  // The dead one lives after all. It is the other's now.
  expect(await acknowledge(team, { lease: dead.lease })).toEqual([]);
  expect(await states('overseer')).toEqual(['leased']);
  expect(await acknowledge(team, { lease: heir.lease })).toEqual([id]);
  await team.advance(3_600_000);
  expect((await lease(team, ['overseer'])).mails).toEqual([]);
  expect(await states('overseer')).toEqual(['acknowledged']);
});

test('what a reader gives back another gets at once, but for what was acknowledged', async () => {
  const ids = [];
  for (let at = 0; at < 2; at += 1) ids.push((await sendMail(team)).id);
  const first = await lease(team, ['overseer']);
  expect(await acknowledge(team, { address: 'overseer', ids: ids.slice(0, 1) })).toEqual(ids.slice(0, 1));
  for (const name of [first.lease, first.lease, 'lease_unknown']) {
    expect((await team.call('POST', '/v1/mail/release', { lease: name })).status).toBe(204);
  }
  expect(await states('overseer')).toEqual(['acknowledged', 'unread']);
  const second = await lease(team, ['overseer']);
  expect(second.mails.map((mail: { id: string }) => mail.id)).toEqual(ids.slice(1));
  // The first has given it up for good.
  expect(await acknowledge(team, { lease: first.lease })).toEqual(ids.slice(0, 1));
  expect(await states('overseer')).toEqual(['acknowledged', 'leased']);
});

test('an acknowledgement may come late and twice, by the lease or by the messages, and is said once', async () => {
  const ids = [];
  for (let at = 0; at < 3; at += 1) ids.push((await sendMail(team)).id);
  const { lease: name } = await lease(team, ['overseer'], { limit: 2, lease_s: 10 });
  await team.advance(60_000);
  expect(await acknowledge(team, { lease: name })).toEqual(ids.slice(0, 2));
  expect(await acknowledge(team, { lease: name })).toEqual(ids.slice(0, 2));
  const named = { address: 'overseer', ids: [...ids, 'mail_unknown'] };
  expect(await acknowledge(team, named)).toEqual(ids);
  expect(await acknowledge(team, named)).toEqual(ids);
  expect(await acknowledge(team, { address: 'mayor', ids })).toEqual([]);
  expect(await acknowledge(team, { lease: 'lease_unknown' })).toEqual([]);
  const said = (await readLog(team)).filter(({ type }) => type === 'mail.acknowledged');
  expect(said.map(({ data }) => data.ids)).toEqual([ids.slice(0, 2), ids.slice(2)]);
});

test('a message in several of the reader’s mailboxes comes once, and is acknowledged in all', async () => {
  const { id } = await sendMail(team, { to: 'lab:app/joe', cc: ['app/joe', 'mayor/'] });
  const { mails, lease: name } = await lease(team, ['app/joe', 'lab:app/crew/joe', 'deacon']);
  expect(mails).toMatchObject([{ id, addresses: ['app/joe', 'lab:app/joe'] }]);
  expect(await acknowledge(team, { lease: name })).toEqual([id]);
  expect([await states('app/joe'), await states('lab:app/joe'), await states('mayor')]).toEqual([
    ['acknowledged'],
    ['acknowledged'],
    ['unread'],
  ]);
});

test('what a person has read comes to no reader, and what is marked unread comes again', async () => {
  const { id } = await sendMail(team);
  const { lease: name } = await lease(team, ['overseer']);
  await team.call('POST', `/v1/mail/${id}/read`, { address: 'overseer' });
  expect(await acknowledge(team, { lease: name })).toEqual([id]);
  expect(await states('overseer')).toEqual(['read']);
  await team.call('POST', `/v1/mail/${id}/unread`, { address: 'overseer' });
  expect((await lease(team, ['overseer'])).mails).toHaveLength(1);
});

test('readers at the same time share the mail out between them', async () => {
  const ids = [];
  for (let at = 0; at < 20; at += 1) ids.push((await sendMail(team)).id);
  const leases = await Promise.all(Array.from({ length: 10 }, () => lease(team, ['overseer'], { limit: 3 })));
  const lent: string[] = leases.flatMap(({ mails }) => mails.map(({ id }: { id: string }) => id));
  expect([lent.length, new Set(lent)]).toEqual([ids.length, new Set(ids)]);
});

test.each([
  [{ addresses: [] }, 'addresses: must name a mailbox'],
  [{ addresses: Array.from({ length: 101 }, (_, at) => `app/n${at}`) }, 'addresses: must name at most 100'],
  [{ addresses: ['@town'] }, 'addresses.0: must be a mailbox: a group has none'],
  [{ addresses: ['overseer'], limit: 51 }, 'limit: must be a whole number from 1 to 50'],
  [{ addresses: ['overseer'], lease_s: 9 }, 'lease_s: must be a whole number from 10 to 3600'],
  [{ addresses: ['overseer'], lease_s: 3_601 }, 'lease_s: must be a whole number from 10 to 3600'],
])('a lease that cannot be is refused: %#', async (given, detail) => {
  const { status, body } = await team.call('POST', '/v1/mail/lease', given);
  expect([status, body.detail]).toEqual([400, expect.stringContaining(detail)]);
});

test.each([
  {},
  { lease: 'a', ids: ['b'] },
  { ids: ['a'] },
  { address: 'overseer', ids: [] },
  { address: '@town', ids: ['a'] },
])('an acknowledgement of %j is refused', async (given) => {
  expect((await team.call('POST', '/v1/mail/ack', given)).status).toBe(400);
});

let seq = 0;
async function told(given: Parameters<typeof source>[0] = {}, session = 'ses_1') {
  seq += 1;
  const sent = batch([idle(1, { session })], { source: source({ id: `src_${seq}`, ...given }) });
  return (await team.call('POST', '/v1/events', sent)).body.mail;
}

const JOE = { town: 'lab', role: 'crew', rig: 'app', worker: 'joe', bead: null };

test('a source is told of its mail in the answer to its posts, and nobody else is', async () => {
  expect(await told()).toBeUndefined();
  await sendMail(team, { to: 'member:ann@example.com', priority: 'urgent' });
  await sendMail(team, { to: 'project:example.com/acme/app', cc: ['project:f00d'] });
  await sendMail(team, { to: 'app/joe' });
  await sendMail(team, { to: 'session:ses_7' });
  expect(await told()).toEqual({ unread: 2, urgent: 1 });
  expect(await told({}, 'ses_7')).toEqual({ unread: 3, urgent: 1 });
  expect(await told({ member: 'bob', project: null })).toBeUndefined();
  // An agent works in somebody's name and does not read that one's mail.
  expect(await told({ town: JOE })).toEqual({ unread: 1, urgent: 0 });
});

test('what a reader has is waiting for nobody until the lease ends', async () => {
  await sendMail(team, { to: 'app/joe', priority: 'urgent' });
  const joe = () => told({ town: JOE });
  const waiting = { unread: 1, urgent: 1 };
  expect(await joe()).toEqual(waiting);
  await lease(team, ['app/joe'], { lease_s: 60 });
  expect(await joe()).toBeUndefined();
  await team.advance(61_000);
  expect(await joe()).toEqual(waiting);
  const { lease: name } = await lease(team, ['app/joe']);
  await acknowledge(team, { lease: name });
  expect(await joe()).toBeUndefined();
  await team.advance(3_600_000);
  expect(await joe()).toBeUndefined();
});
