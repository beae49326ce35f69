// The receiver of the README, taken from it as it stands there and run.
import { createServer } from 'node:http';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';

import { start } from '../support/child.ts';
import { close, listen } from '../support/listen.ts';
import { until } from '../support/until.ts';
import { useEach } from './setup.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const BODY = Buffer.from(
  JSON.stringify({
    type: 'message.updated',
    source: { member: 'Zoë 😀' },
    data: { completed_at: '2026-11-23T09:00:00.000Z', model: 'm', cost_usd: '1.25' },
  }),
);

async function freePort(): Promise<number> {
  const server = createServer();
  const { port } = await listen(server);
  await close(server);
  return Number(port);
}

const receiver = useEach(
  async () => {
    const snippet = /```js\n(import http [^]*?)```/.exec(readFileSync(join(ROOT, 'README.md'), 'utf8'))?.[1];
    if (snippet === undefined) throw new Error('the README has no receiver');
    const [folder, port] = [mkdtempSync(join(tmpdir(), 'gasline-readme-')), await freePort()];
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(join(folder, 'receiver.mjs'), snippet.replace('.listen(3000,', `.listen(${port},`));
    const env = { ...process.env, WEBHOOK_SECRET: SECRET };
    const child = start(process.execPath, ['receiver.mjs'], { cwd: folder, env });
    const answers = () =>
      fetch(`http://127.0.0.1:${port}/`, { method: 'POST' }).then(
        () => true,
        () => false,
      );
    await until('a receiver that listens', answers);
    return { child, folder, port };
  },
  async ({ child, folder }) => {
    child.kill('SIGKILL');
    await child.exited;
    rmSync(folder, { recursive: true, force: true });
  },
);

/** Sends the body in two pieces, cut where it is said, and answers with the status line. */
async function send(at: number, signature: string): Promise<string> {
  const socket = connect(receiver.port, '127.0.0.1');
  const headers = [
    'POST / HTTP/1.1',
    'host: localhost',
    'connection: close',
    `content-length: ${BODY.length}`,
    'webhook-id: msg_1',
    `webhook-timestamp: ${Math.floor(SIGNED.getTime() / 1_000)}`,
    `webhook-signature: ${signature}`,
  ];
  socket.write(`${headers.join('\r\n')}\r\n\r\n`);
  socket.write(BODY.subarray(0, at));
  await sleep(50);
  socket.write(BODY.subarray(at));
  return (await text(socket)).split('\r\n')[0] ?? '';
}

const SIGNED = new Date();
const good = new Webhook(SECRET).sign('msg_1', SIGNED, BODY.toString());

test('a body that comes in pieces is verified, wherever it was cut', async () => {
  const face = BODY.indexOf('😀');
  for (const at of [1, face, face + 1, face + 2, face + 3, face + 4]) {
    expect([at, await send(at, good)]).toEqual([at, 'HTTP/1.1 204 No Content']);
  }
  await until('what it prints', async () => receiver.child.stdout().includes('Zoë 😀 m 1.25\n'));
});

test('a signature that is not ours is refused', async () => {
  const other = new Webhook(`whsec_${Buffer.alloc(24, 7).toString('base64')}`).sign('msg_1', SIGNED, BODY.toString());
  expect(await send(10, other)).toBe('HTTP/1.1 400 Bad Request');
});
