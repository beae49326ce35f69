// Whether the relay can listen where it is told to, asked before anything is started: the runtime says a taken port with a stack,
// and Miniflare's own server throws a wrong host past everybody.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A runtime that was ended a moment ago may still hold its port. */
const PATIENCE_MS = 1_000;
const OWN = 'name one of its own with --host, or leave it out for this machine alone';

const REASONS: { readonly [code: string]: (host: string, port: number) => string } = {
  EADDRINUSE: (host, port) =>
    `port ${port} of ${host} is taken: stop what listens there, or take another with --port (0 takes a free one)`,
  EACCES: (_, port) => `port ${port} is for the system's own programs: take another with --port`,
  EADDRNOTAVAIL: (host) => `this machine has no address ${host} to listen on: ${OWN}`,
  ENOTFOUND: (host) => `there is no address ${host} to listen on: ${OWN}`,
  EAI_AGAIN: (host) => `there is no address ${host} to listen on: ${OWN}`,
};

/** Throws what is to be done where it cannot. */
export async function tryAddress(host: string, port: number): Promise<void> {
  for (const end = Date.now() + PATIENCE_MS; ;) {
    const error = await listenOnce(host, port);
    if (error === null) return;
    if (error.code !== 'EADDRINUSE' || Date.now() > end) {
      const reason = REASONS[error.code ?? ''];
      throw reason === undefined ? error : new Error(reason(host, port), { cause: error });
    }
    await sleep(50);
  }
}

async function listenOnce(host: string, port: number): Promise<NodeJS.ErrnoException | null> {
  const server = createServer();
  try {
    server.listen(port, host === '*' ? undefined : host);
    await once(server, 'listening');
  } catch (error) {
    return error as NodeJS.ErrnoException;
  }
  server.close();
  await once(server, 'close');
  return null;
}
