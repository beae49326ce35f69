import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';

import { useRelayProcess } from './setup.ts';

const killed = useRelayProcess();

test('a relay that is killed keeps what it took and what was acknowledged, and lends the rest again', async () => {
  let child = await killed.start();
  const post = async (path: string, given: object) => (await killed.call('ingest', 'POST', path, given)).body;
  const sent = [];
  for (let at = 0; at < 4; at += 1) sent.push((await post('/v1/mail', { to: 'mayor', subject: `${at}` })).mail.id);
  const done = await post('/v1/mail/lease', { addresses: ['mayor'], limit: 1 });
  expect((await post('/v1/mail/ack', { lease: done.lease })).acknowledged).toEqual([sent[0]]);
  await post('/v1/mail/lease', { addresses: ['mayor'], limit: 2, lease_s: 10 });
  child = await killed.kill(child, 'both');
  const left = await post('/v1/mail/lease', { addresses: ['mayor'] });
  expect(left.mails.map(({ id }: { id: string }) => id)).toEqual([sent[3]]);
  child = await killed.kill(child, 'both');
  await sleep(10_500);
  const again = await post('/v1/mail/lease', { addresses: ['mayor'] });
  expect(again.mails.map(({ id }: { id: string }) => id)).toEqual([sent[1], sent[2]]);
  child.kill('SIGTERM');
  await child.exited;
});
