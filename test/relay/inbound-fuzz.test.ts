import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { INBOUND_KINDS } from '../../worker/event/inbound.ts';
import { call } from './harness.ts';
import { nasty, pathsOf, replaced, verdict } from './nasty.ts';
import { readLog } from './oracle.ts';
import { useOnce, useRelay } from './setup.ts';

const relay = useRelay();
const team = useOnce(() => relay.team());
const urls = useOnce(async () => {
  const made = INBOUND_KINDS.map(async (kind) => {
    const { body } = await team.call('POST', '/v1/inbound', { kind, name: kind });
    return [kind, kind === 'gc-extmsg' ? `${body.url}/publish` : body.url] as const;
  });
  return { all: await Promise.all(made) };
});

const GOOD = {
  text: '🔴 *[CRITICAL] Escalation hq-7*\nx\n_Acknowledge: `gt escalate ack hq-7`_',
  body: '[Gas Town HIGH] x (bead: hq-2)',
  message: 'm',
  channel: 'admin',
  priority: 'high',
  kind: 'model',
  type: 'bead.closed',
  actor: 'a',
  payload: { a: [1] },
  seq: 1,
  input_tokens: 5,
  cost_usd_estimate: 0.5,
  unpriced: false,
  session_id: 's',
  conversation: { provider: 'p', conversation_id: 'c' },
};

async function tryAll(body: string | Uint8Array, type: string): Promise<void> {
  for (const [kind, url] of urls.all) {
    const reply = await call(relay.relay.url, null, 'POST', url, body, { headers: { 'content-type': type } });
    expect([kind, verdict(reply)]).toEqual([kind, 'good']);
  }
}

test('whatever is posted to a URL is answered with 2xx or a problem, and the log goes on', async () => {
  const spoilt = fc
    .tuple(fc.constantFrom(...pathsOf(GOOD)), nasty)
    .map(([path, by]) => JSON.stringify(replaced(GOOD, path, by)) ?? 'null');
  const bodies = fc.oneof(
    spoilt,
    fc.string({ unit: 'binary', maxLength: 200 }).map((text) => text.toWellFormed()),
    fc.uint8Array({ maxLength: 200 }),
    fc.constantFrom(
      '['.repeat(100_000),
      `{"text":"x","conversation":${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
      'payload=%ff',
      '=&=&text',
    ),
  );
  const types = fc.constantFrom('application/json', 'text/plain', 'multipart/form-data', 'x');
  await fc.assert(
    fc.asyncProperty(bodies, types, (body, type) => tryAll(body, type)),
    { numRuns: 150 },
  );
  const log = await readLog(team);
  expect(log.length).toBeGreaterThan(100);
  expect(log.every(({ type }) => /^(?:escalation\.raised|notice\.received|city\.(?:event|usage))$/.test(type))).toBe(
    true,
  );
});
