// Receivers that end a connection after each answer and do not say so beforehand, as a plain HTTP/1.0 server does.
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';

import { afterEach, expect, test } from 'vitest';

import { addEndpoint, post } from './endpoint.ts';
import { useRelay, useTeam } from './setup.ts';

const relay = useRelay();
const team = useTeam(relay);

let server: Server;
afterEach(() => server.close());

/** Answers each request that came whole, by its place among them; null closes the connection in place of an answer. */
async function serve(answer: (index: number) => string | null): Promise<{ url: string; ids: string[] }> {
  const ids: string[] = [];
  server = createServer((socket) => {
    let text = '';
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1');
      const [head = '', body] = text.split('\r\n\r\n', 2);
      if (body === undefined || body.length < Number(/content-length: (\d+)/i.exec(head)?.[1])) return;
      ids.push(/webhook-id: (\S+)/i.exec(head)?.[1] ?? '');
      socket.end(answer(ids.length - 1) ?? '');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, ids };
}

test('every event is delivered by its first try', async () => {
  const { url, ids } = await serve(() => 'HTTP/1.0 204 No Content\r\n\r\n');
  const endpoint = await addEndpoint(team, url);
  await post(team, 200);
  await endpoint.settled();
  const attempts = await endpoint.attempts();
  expect(attempts.filter(({ outcome }) => outcome !== 'delivered')).toEqual([]);
  expect(new Set(ids).size).toBe(200);
});

test('what answers no more is asked once more for what it lost, and then by the schedule', async () => {
  const { url, ids } = await serve((index) => (index < 10 ? 'HTTP/1.0 204 No Content\r\n\r\n' : null));
  const endpoint = await addEndpoint(team, url);
  await post(team, 100);
  await endpoint.attempted(11);
  const sent = Map.groupBy(ids, (id) => id);
  const tries = Map.groupBy(await endpoint.attempts(), ({ event }) => event as string);
  for (const [id, all] of sent) expect(all.length).toBeLessThanOrEqual(2 * (tries.get(id)?.length ?? 1));
  expect([...sent.values()].some((all) => all.length === 2)).toBe(true);
});

test('what loses every connection is asked once, and then by the schedule', async () => {
  const { url, ids } = await serve(() => null);
  const endpoint = await addEndpoint(team, url);
  await post(team, 1);
  await endpoint.attempted(1);
  expect(await endpoint.attempts()).toMatchObject([
    { outcome: 'retry', status: null, detail: expect.stringMatching(/^no answer: /) },
  ]);
  expect(ids).toHaveLength(1);
});
