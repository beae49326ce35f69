// A TCP proxy that charges a wide-area round trip, the handshake included. Plain loopback loses nothing at exit and so proves
// nothing. It can also refuse connections, on the port it keeps, as a relay that is down does.

import { once } from 'node:events';
import net from 'node:net';

export interface Latency {
  readonly port: number;
  refuse(): Promise<void>;
  accept(): Promise<void>;
}

export async function startLatency(targetPort: number, rttMs: number): Promise<Latency> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer({ allowHalfOpen: true }, (client) => {
    const target = net.connect({ port: targetPort, host: '127.0.0.1', allowHalfOpen: true });
    for (const socket of [client, target]) {
      sockets.add(socket.setNoDelay(true));
      socket.once('close', () => sockets.delete(socket));
    }
    // The first bytes wait for the handshake of TCP, which loopback does for nothing.
    const openedAt = performance.now();
    pipe(client, target, () => Math.max(rttMs / 2, openedAt + rttMs * 1.5 - performance.now()));
    pipe(target, client, () => rttMs / 2);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  return {
    port,
    refuse: async () => {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    accept: async () => {
      if (server.listening) return;
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
    },
  };
}

function pipe(from: net.Socket, to: net.Socket, delayMs: () => number): void {
  let lastAt = 0;
  // Bytes never overtake each other: timers of the same delay fire in order, so no delay may end before the one before it.
  const later = (act: () => void): void => {
    lastAt = Math.max(lastAt, performance.now() + delayMs());
    setTimeout(act, Math.max(0, lastAt - performance.now()));
  };
  from.on('data', (bytes) => later(() => to.writable && to.write(bytes)));
  from.on('end', () => later(() => to.end()));
  from.on('close', () => later(() => to.destroy()));
  from.on('error', () => later(() => to.destroy()));
}
