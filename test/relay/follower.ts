// A live stream as a test follows it.
import { once } from 'node:events';

import type { Reply } from './harness.ts';

export interface Follower {
  readonly events: readonly Reply['body'][];
  readonly seqs: () => number[];
  /** Whatever came that is no event. */
  readonly said: readonly string[];
  readonly protocol: string;
  readonly send: (text: string) => void;
  readonly ended: Promise<{ readonly code: number; readonly reason: string }>;
  readonly close: () => Promise<void>;
}

interface Manner {
  readonly query?: string;
  /** Acknowledges each so many events; 0 never. */
  readonly ackEvery?: number;
  /** Sends the token in the header, as programs do, in place of the protocols, as browsers must. */
  readonly byHeader?: boolean;
}

export async function follow(
  base: URL,
  token: string,
  { query = '', ackEvery = 1, byHeader = false }: Manner = {},
): Promise<Follower> {
  const url = new URL(`/v1/stream?${query}`, base);
  url.protocol = 'ws:';
  const headers = { authorization: `Bearer ${token}` };
  // Node's own takes headers, which no browser's does.
  const socket = new WebSocket(url, byHeader ? { headers } : ['gasline', token]);
  const events: Reply['body'][] = [];
  const said: string[] = [];
  socket.addEventListener('message', ({ data }) => {
    const text = String(data);
    if (!text.startsWith('{')) {
      said.push(text);
      return;
    }
    const event = JSON.parse(text);
    events.push(event);
    if (ackEvery > 0 && events.length % ackEvery === 0) socket.send(JSON.stringify({ ack: event.seq }));
  });
  const ended = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.addEventListener('close', ({ code, reason }) => resolve({ code, reason }));
  });
  const opened = once(socket, 'open').then(() => true);
  if (!(await Promise.race([opened, ended.then(() => false)]))) throw new Error('the stream was refused');
  return {
    events,
    said,
    ended,
    protocol: socket.protocol,
    seqs: () => events.map(({ seq }) => seq),
    send: (text) => socket.send(text),
    async close() {
      socket.close();
      await ended;
    },
  };
}
