// Sending mail and looking into mailboxes.
import { expect, test } from 'vitest';

import { batch, idle, source } from './builders.ts';
import { inbox, lease, sendMail, withScope } from './mails.ts';
import { readLog } from './oracle.ts';
import { useRelay, useTeam } from './setup.ts';

const DAY = 24 * 3_600_000;

const relay = useRelay();
const team = useTeam(relay);

const PROBLEM = 'urn:gasline:problem:';

test('a message has the fields of Gas Town, lies in its mailboxes and is an event', async () => {
  const given = { to: 'app/crew/joe', cc: ['mayor'], from: 'lab:app/witness/', body: 'two\nlines', priority: 'high' };
  const mail = await sendMail(team, given);
  expect(mail).toEqual({
    id: expect.stringMatching(/^mail_\w{16}$/),
    from: 'lab:app/witness',
    to: 'app/joe',
    cc: ['mayor/'],
    subject: 'hello',
    body: 'two\nlines',
    priority: 'high',
    type: 'notification',
    thread_id: mail.id,
    timestamp: expect.stringMatching(/Z$/),
    read: false,
    recipients: [
      { address: 'app/joe', state: 'unread' },
      { address: 'mayor/', state: 'unread' },
    ],
  });
  expect((await team.call('GET', `/v1/mail/${mail.id}`)).body.mail).toEqual(mail);
  const { recipients: _, ...message } = mail;
  for (const address of ['app/joe', 'app/polecats/joe', 'mayor']) {
    expect(await inbox(team, address)).toEqual([{ ...message, state: 'unread' }]);
  }
  expect(await inbox(team, 'app/ann')).toEqual([]);
  const event = (await readLog(team)).find(({ type }) => type === 'mail.sent');
  const { timestamp, read: _read, ...data } = message;
  expect(event).toMatchObject({ timestamp, data: { ...data, recipients: ['app/joe', 'mayor/'] } });
});

test('an answer lies in the thread of what it answers, and a thread is read whole', async () => {
  const first = await sendMail(team);
  const second = await sendMail(team, { to: 'mayor/', reply_to: first.id });
  const third = await sendMail(team, { reply_to: second.id, type: 'task' });
  expect([second.type, second.thread_id, second.reply_to, third.type]).toEqual(['reply', first.id, first.id, 'task']);
  // Whatever a town calls its own.
  const other = await sendMail(team, { reply_to: 'hq-wisp-1', subject: 'other' });
  const named = await sendMail(team, { thread_id: 'hq-wisp-1', reply_to: first.id });
  const ids = async (path: string) => (await team.call('GET', path)).body.mails.map(({ id }: { id: string }) => id);
  expect(await ids(`/v1/mail/threads/${first.id}`)).toEqual([first.id, second.id, third.id]);
  expect(await ids('/v1/mail/threads/hq-wisp-1')).toEqual([other.id, named.id]);
  expect(await ids(`/v1/mail?address=overseer&thread=${first.id}`)).toEqual([first.id, third.id]);
  expect(await ids('/v1/mail/threads/nothing')).toEqual([]);
});

test('a mailbox is read in pages, searched, and without what has been read', async () => {
  const sent = [];
  for (let at = 0; at < 5; at += 1)
    sent.push(await sendMail(team, { subject: `no ${at}`, body: at === 3 ? 'GRÜSSE' : '' }));
  await sendMail(team, { to: 'mayor/', subject: 'no 6' });
  const pages = [];
  for (let next: number | null = 0; next !== null;) {
    const { body } = await team.call('GET', `/v1/mail?address=overseer&limit=2&after=${next}`);
    pages.push(body.mails.map(({ subject }: { subject: string }) => subject));
    next = body.next;
  }
  expect(pages).toEqual([['no 0', 'no 1'], ['no 2', 'no 3'], ['no 4']]);
  const subjects = async (query: string) => (await inbox(team, 'overseer', query)).map(({ subject }) => subject);
  expect(await subjects('&q=gr%C3%BCsse')).toEqual(['no 3']);
  expect(await subjects('&q=NO+4')).toEqual(['no 4']);
  expect(await subjects('&q=%25')).toEqual([]);
  const { body } = await team.call('POST', `/v1/mail/${sent[1].id}/read`, { address: 'overseer' });
  expect(body.mail).toMatchObject({ id: sent[1].id, read: true, state: 'read' });
  expect(await subjects('&unread=true')).toEqual(['no 0', 'no 2', 'no 3', 'no 4']);
  await team.call('POST', `/v1/mail/${sent[1].id}/unread`, { address: 'overseer' });
  expect(await subjects('&unread=true')).toHaveLength(5);
  expect((await team.call('GET', '/v1/mail?limit=100')).body.mails).toHaveLength(6);
});

test('each recipient has a copy of its own', async () => {
  const { id } = await sendMail(team, { to: 'mayor/', cc: ['deacon/', 'mayor', 'lab:mayor/'] });
  await team.call('POST', `/v1/mail/${id}/read`, { address: 'deacon' });
  const { mail } = (await team.call('GET', `/v1/mail/${id}`)).body;
  expect([mail.read, mail.recipients]).toEqual([
    false,
    [
      { address: 'deacon/', state: 'read' },
      { address: 'lab:mayor/', state: 'unread' },
      { address: 'mayor/', state: 'unread' },
    ],
  ]);
  const wrong = await team.call('POST', `/v1/mail/${id}/read`, { address: 'overseer' });
  expect([wrong.status, wrong.body.type]).toEqual([404, `${PROBLEM}not-found`]);
});

function town(id: string, role: string, worker: string | null = null) {
  const tags = { town: 'lab', role, rig: role === 'mayor' ? null : 'app', worker, bead: null };
  return batch([idle(1)], { source: source({ id, town: tags }) });
}

test('a group is whoever of a town was heard of or asked for mail lately', async () => {
  const nobody = await team.call('POST', '/v1/mail', { to: '@witnesses', subject: 'x' });
  expect([nobody.status, nobody.body.type]).toEqual([422, `${PROBLEM}mail-recipients`]);
  expect(nobody.body.detail).toContain('@witnesses is nobody');
  expect(await readLog(team)).toEqual([]);

  await team.call('POST', '/v1/events', town('src_1', 'witness'));
  await team.call('POST', '/v1/events', town('src_2', 'crew', 'joe'));
  await lease(team, ['web:web/witness', 'lab:app/crew/ann', 'overseer', 'member:bob']);
  const to = async (group: string) =>
    (await sendMail(team, { to: group })).recipients.map(({ address }: { address: string }) => address);
  expect(await to('@witnesses')).toEqual(['lab:app/witness', 'web:web/witness']);
  expect(await to('lab:@rig/app')).toEqual(['lab:app/ann', 'lab:app/joe', 'lab:app/witness']);
  expect(await to('@crew/app')).toEqual(['lab:app/ann', 'lab:app/joe']);
  expect((await sendMail(team, { to: 'overseer', cc: ['@witnesses'] })).recipients).toHaveLength(3);
  expect(await inbox(team, 'lab:app/witness')).toHaveLength(3);

  // A bridge asks for each of its agents by both spellings, which are one agent; who is in no town is another one.
  await lease(team, ['lab:mayor/', 'mayor/', 'lab:deacon/', 'deacon/']);
  await lease(team, ['web:mayor/', 'deacon/dogs/rex']);
  expect(await to('@town')).toEqual(['deacon/dogs/rex', 'lab:deacon/', 'lab:mayor/', 'web:mayor/']);
  expect(await to('@deacons')).toEqual(['lab:deacon/']);

  await team.advance(6 * DAY);
  await lease(team, ['web:web/witness']);
  await team.advance(2 * DAY);
  expect(await to('@witnesses')).toEqual(['web:web/witness']);
  await team.advance(6 * DAY);
  expect((await team.call('POST', '/v1/mail', { to: '@witnesses', subject: 'x' })).status).toBe(422);
});

test('what is repeated under an Idempotency-Key is sent once, for a day', async () => {
  const key = (value: string) => ({ headers: { 'idempotency-key': value } });
  const post = (given: object, value = 'k 1') =>
    team.call('POST', '/v1/mail', { to: 'overseer', subject: 'once', ...given }, key(`"${value}"`));
  const first = await post({});
  expect(first.status).toBe(201);
  await team.call('POST', `/v1/mail/${first.body.mail.id}/read`, { address: 'overseer' });
  const again = await post({ body: '', priority: 'normal' });
  expect([again.status, again.body, again.headers.get('location')]).toEqual([
    201,
    first.body,
    `/v1/mail/${first.body.mail.id}`,
  ]);
  const other = await post({ body: 'another' });
  expect([other.status, other.body.type]).toEqual([422, `${PROBLEM}key-reused`]);
  expect(await inbox(team, 'overseer')).toHaveLength(1);
  // The key of another token is another key, with or without the quotes of a structured header.
  const ingest = await withScope(relay, team, 'ingest');
  const theirs = [];
  for (const value of ['plain', '"plain"']) {
    theirs.push((await ingest('POST', '/v1/mail', { to: 'overseer', subject: 'theirs' }, key(value))).body.mail.id);
  }
  expect(new Set([...theirs, first.body.mail.id]).size).toBe(2);
  await team.advance(DAY - 60_000);
  expect((await post({})).body).toEqual(first.body);
  await team.advance(120_000);
  expect((await post({})).body.mail.id).not.toBe(first.body.mail.id);
  for (const value of ['', '""', 'a b', 'x'.repeat(256), '"a"b"']) {
    const refused = await team.call('POST', '/v1/mail', { to: 'overseer', subject: 'x' }, key(value));
    expect([value, refused.status, refused.body.type]).toEqual([value, 400, `${PROBLEM}key-malformed`]);
  }
});

test('a mailbox takes a thousand unread messages and then none, for nobody of the message', async () => {
  for (let at = 0; at < 1_000; at += 50) {
    await Promise.all(Array.from({ length: 50 }, () => sendMail(team, { to: 'app/joe' })));
  }
  const full = await team.call('POST', '/v1/mail', { to: 'overseer', cc: ['app/joe'], subject: 'x' });
  expect([full.status, full.body.type]).toEqual([409, `${PROBLEM}mailbox-full`]);
  expect(full.body.detail).toContain('app/joe has 1000 unread messages');
  expect(await inbox(team, 'overseer')).toEqual([]);
  const [{ id }] = await inbox(team, 'app/joe');
  await team.call('POST', `/v1/mail/${id}/read`, { address: 'app/joe' });
  expect(await sendMail(team, { to: 'app/joe' })).toMatchObject({ to: 'app/joe' });
  expect((await team.call('POST', '/v1/mail', { to: 'app/joe', subject: 'x' })).status).toBe(409);
});

test('an ingest token sends and reads, a read token reads all, neither what is not theirs', async () => {
  const [ingest, read] = [await withScope(relay, team, 'ingest'), await withScope(relay, team, 'read')];
  const { body } = await ingest('POST', '/v1/mail', { to: 'overseer', subject: 'x' });
  const { id } = body.mail;
  const lend = { addresses: ['overseer'] };
  const rows: [string, string, object | undefined, number, number][] = [
    ['POST', '/v1/mail', { to: 'overseer', subject: 'x' }, 201, 403],
    ['GET', '/v1/mail', undefined, 403, 200],
    ['GET', '/v1/mail?address=overseer', undefined, 200, 200],
    ['GET', `/v1/mail/${id}`, undefined, 200, 200],
    ['GET', `/v1/mail/threads/${id}`, undefined, 200, 200],
    ['POST', '/v1/mail/lease', lend, 200, 200],
    ['POST', '/v1/mail/ack', { address: 'overseer', ids: [id] }, 200, 200],
    ['POST', `/v1/mail/${id}/read`, { address: 'overseer' }, 200, 200],
  ];
  for (const [method, path, given, byIngest, byRead] of rows) {
    const statuses = [(await ingest(method, path, given)).status, (await read(method, path, given)).status];
    expect([method, path, ...statuses]).toEqual([method, path, byIngest, byRead]);
  }
  const other = await relay.team();
  expect((await other.call('GET', `/v1/mail/${id}`)).status).toBe(404);
});

test('the log is read in pages that end before they are too large to pass on', async () => {
  const body = 'x'.repeat(32_766);
  for (let at = 0; at < 200; at += 20) {
    await Promise.all(Array.from({ length: 20 }, (_, next) => sendMail(team, { to: `app/n${at + next}`, body })));
  }
  const log = await readLog(team);
  expect(log.filter(({ data }) => data.body === body)).toHaveLength(200);
  const { body: page } = await team.call('GET', '/v1/events?limit=1000');
  expect(page.events.length).toBeLessThan(150);
  expect(page.next).toBe(page.events.at(-1).seq);
});
