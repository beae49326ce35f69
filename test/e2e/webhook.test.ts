// The whole way at once: a run of the real OpenCode ends as a signed webhook, and what it carries is what the model charged.

import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { nanoOf } from '../support/nano.ts';
import { startReceiver, type Receiver } from '../support/receiver.ts';
import { report, usd } from '../support/report.ts';
import { until } from '../support/until.ts';
import { openWorld, type World } from '../support/world.ts';

interface Delivered {
  readonly type: string;
  readonly data: { readonly cost_usd?: string; readonly completed_at?: string | null };
}

let world: World;
let receiver: Receiver;

beforeAll(async () => {
  world = await openWorld();
  receiver = await startReceiver();
});

afterAll(async () => {
  await receiver.close();
  await world.close();
});

it('a run ends as a signed webhook that carries what the model charged', async () => {
  const { opencode, team } = await world.laptop('webhook', { rttMs: 50 });
  const secret = await team.addWebhook(receiver.url, ['*']);
  const startedAt = Date.now();
  await opencode.run('tell the team', { model: 'fake-odd' });
  const exitedAt = Date.now();
  const verifier = new Webhook(secret);
  const verified = (): Delivered[] =>
    receiver.deliveries.map(({ headers, body }) => {
      const signature = Object.entries(headers).flatMap(([name, value]) =>
        name.startsWith('webhook-') ? [[name, String(value)]] : [],
      );
      return verifier.verify(body, Object.fromEntries(signature) as Record<string, string>) as Delivered;
    });
  await until('the end of the turn as a webhook', () => verified().some(({ type }) => type === 'session.idle'));

  const final = verified().find(
    ({ type, data }) => type === 'message.updated' && typeof data.completed_at === 'string',
  );
  expect(nanoOf(final?.data.cost_usd ?? '')).toBe(world.model.costNano());
  expect(new Set(receiver.deliveries.map(({ headers }) => headers['webhook-id'])).size).toBe(
    receiver.deliveries.length,
  );
  report('webhooks of one run', [
    {
      deliveries: receiver.deliveries.length,
      'cost delivered': final?.data.cost_usd ?? '',
      invoice: usd(world.model.costNano()),
      'run ms': exitedAt - startedAt,
      'all there after exit ms': Date.now() - exitedAt,
    },
  ]);
});
