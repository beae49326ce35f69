// Servers of the tests: on loopback alone, on a port that the system picks.

import type { Server } from 'node:http';
import { once } from 'node:events';

export async function listen(server: Server, protocol: 'http' | 'https' = 'http'): Promise<URL> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return new URL(`${protocol}://127.0.0.1:${address.port}/`);
}

export async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => {
    server.close(resolve);
  });
}
