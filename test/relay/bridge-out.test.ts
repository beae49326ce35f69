// Mail of a town for the relay.
import { expect, test } from 'vitest';

import { mailIn } from '../../plugin/cli/bridge/mail-in.ts';
import { mailOut } from '../../plugin/cli/bridge/mail-out.ts';
import { townEvents } from '../../plugin/cli/bridge/town-events.ts';
import { useTown, impatientGt, workFor } from './bridging.ts';
import { inbox, sendMail } from './mails.ts';
import { useRelay, useTeam } from './setup.ts';

const relay = useRelay();
const team = useTeam(relay);
const town = useTown();

test("the overseer's mail in the town is in the relay once, and what came from the relay does not go back", async () => {
  const { work } = workFor(relay, team, town);
  const send = (from: string, words: readonly string[], body: string) =>
    work.gt(['mail', 'send', 'overseer', `--from=${from}`, ...words, '--stdin'], body);
  await send('app/witness', ['--subject=stuck?', '--priority=0', '--type=task'], 'Toast is silent');
  await send('relay/bob', ['--subject=back'], 'text\n\n[relay mail_abc]');
  const part = mailOut(work, ['overseer']);
  expect(await part()).toMatchObject({ kind: 'done', value: 1 });
  expect(await part()).toMatchObject({ kind: 'done', value: 0 });
  expect(await mailOut(work, ['overseer'])()).toMatchObject({ kind: 'done', value: 0 });
  expect(await inbox(team, 'overseer')).toMatchObject([
    {
      from: 'lab:app/witness',
      to: 'overseer',
      subject: 'stuck?',
      body: 'Toast is silent\n\n[town lab hq-wisp-1]',
      priority: 'urgent',
      type: 'task',
      thread_id: 'thread-hq-wisp-1',
    },
  ]);
});

test('mail that is for another with a copy for the overseer says so, and what it answers', async () => {
  const { work } = workFor(relay, team, town);
  const words = ['--from=mayor/', '--subject=x', '--cc=overseer', '--reply-to=hq-7', '--stdin'];
  await work.gt(['mail', 'send', 'app/max', ...words], 'do it');
  expect(await mailOut(work, ['overseer'])()).toMatchObject({ kind: 'done', value: 1 });
  const [mail] = await inbox(team, 'overseer');
  expect(mail).toMatchObject({
    body: 'do it\n\nTo: app/max, Cc: overseer, in answer to hq-7\n[town lab hq-wisp-1]',
    thread_id: 'thread-hq-wisp-1',
  });
});

test('mail of the town for one who is no longer of --out does not come back into the town', async () => {
  const { work } = workFor(relay, team, town);
  await work.gt(['mail', 'send', 'mayor/', '--from=app/witness', '--subject=x', '--stdin'], '');
  expect(await mailOut(work, ['mayor/'])()).toMatchObject({ kind: 'done', value: 1 });
  await sendMail(team, { to: 'lab:mayor/', from: 'member:bob', body: 'I read:\n[town lab hq-wisp-1]' });
  expect(await mailIn(work, () => ['mayor/'])()).toMatchObject({ kind: 'done', value: 2 });
  expect(town.mails().map(({ labels }) => labels.split(',')[0])).toEqual(['from:app/witness', 'from:relay/member-bob']);
  expect((await inbox(team, 'lab:mayor/')).map(({ state }) => state)).toEqual(['acknowledged', 'acknowledged']);
});

test('a message of 1 MB, with what no subject may hold, is cut to what the relay takes and says so', async () => {
  const { work } = workFor(relay, team, town);
  const body = 'é"\\\n'.repeat(262_144);
  await work.gt(
    ['mail', 'send', 'overseer', '--from=a,b', `--subject=${'\u001B[1mlong\t'.repeat(200)}`, '--stdin'],
    body,
  );
  expect(await mailOut(work, ['overseer'])()).toMatchObject({ kind: 'done', value: 1 });
  const [mail] = await inbox(team, 'overseer');
  expect(mail.from).toBe('lab:a');
  expect(mail.subject).toMatch(/^long long [^\t]{400,490}$/);
  expect(mail.body).toMatch(/\[\d{7} of 1048575 characters are in the town only\]\n\n\[town lab hq-wisp-1\]$/);
  expect(JSON.stringify(mail.body).length).toBeGreaterThan(24_000);
});

test.each(['inbox is text', 'inbox hangs'])('where the %s, that is said and nothing is sent', async (oddity) => {
  const { work } = workFor(relay, team, town, { gt: impatientGt(town) });
  await work.gt(['mail', 'send', 'overseer', '--subject=x', '--stdin'], '');
  town.odd(oddity);
  expect((await mailOut(work, ['overseer'])()).kind).toBe('away');
  town.odd(null);
  expect(await mailOut(work, ['overseer'])()).toMatchObject({ kind: 'done', value: 1 });
});

test("an overseer's mailbox that is full holds up neither the town's events nor another's mail", async () => {
  const { work, said } = workFor(relay, team, town);
  const events = townEvents(work);
  await events();
  const room = 1_000;
  for (let sent = 0; sent < room; sent += 50) {
    await Promise.all(Array.from({ length: 50 }, () => sendMail(team, { to: 'overseer' })));
  }
  const ts = new Date().toISOString();
  const payload = { rig: 'hq-1', severity: 'high', reason: 'disk is full' };
  town.append('.events.jsonl', { ts, source: 'gt', type: 'escalation_sent', actor: 'mayor', payload });
  town.append('.events.jsonl', { ts, source: 'gt', type: 'merged', actor: 'app/refinery' });
  expect(await events()).toMatchObject({ kind: 'done', value: 2 });
  const { body } = await team.call('GET', '/v1/events?type=town.*');
  expect(body.events.map(({ type }: { type: string }) => type)).toEqual(['town.escalation_sent', 'town.merged']);
  expect(body.events.map((event: { source: { town: object } }) => event.source.town)).toMatchObject([
    { town: 'lab', role: 'mayor', rig: null },
    { town: 'lab', role: 'refinery', rig: 'app' },
  ]);
  expect(said.join('\n')).toMatch(/an escalation is no mail: .*overseer/);

  for (const to of ['overseer', 'mayor/']) await work.gt(['mail', 'send', to, '--subject=x', '--stdin'], '');
  const out = mailOut(work, ['overseer', 'mayor/']);
  expect(await out()).toMatchObject({ problem: expect.stringContaining('overseer') });
  expect(await inbox(team, 'lab:mayor/')).toHaveLength(1);
  const [oldest] = await inbox(team, 'overseer');
  await team.call('POST', '/v1/mail/ack', { address: 'overseer', ids: [oldest.id] });
  expect(await out()).toMatchObject({ kind: 'done', value: 1 });
}, 60_000);
