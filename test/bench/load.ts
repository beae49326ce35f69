// The load generator: POSTs bodies over keep-alive connections by hand, so that on a small machine the Worker is what is measured
// and not the HTTP client beside it.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface Load {
  readonly url: URL;
  readonly path: string;
  readonly token: string;
  /** One list of bodies a connection, each sent once the one before it was answered. */
  readonly lanes: readonly (readonly string[])[];
}

/** Returns how many milliseconds it took; throws on any answer but 202. */
export async function drive({ url, path, token, lanes }: Load): Promise<number> {
  const head = `POST ${path} HTTP/1.1\r\nhost: ${url.host}\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\n`;
  const requests = lanes.map((bodies) =>
    bodies.map((body) => Buffer.from(`${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)),
  );
  const sockets = await Promise.all(lanes.map(() => open(url)));
  const start = performance.now();
  await Promise.all(sockets.map((socket, index) => converse(socket, requests[index] ?? [])));
  const took = performance.now() - start;
  for (const socket of sockets) socket.destroy();
  return took;
}

async function open(url: URL): Promise<Socket> {
  const socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true });
  await once(socket, 'connect');
  return socket;
}

function converse(socket: Socket, requests: readonly Buffer[]): Promise<void> {
  return new Promise((resolve, reject) => {
    let sent = 0;
    let answer = '';
    function next(): void {
      const request = requests[sent++];
      if (request === undefined) resolve();
      else socket.write(request);
    }
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the relay closed the connection')));
    socket.on('data', (bytes) => {
      answer += bytes.toString('latin1');
      if (!isWhole(answer)) return;
      if (!answer.startsWith('HTTP/1.1 202')) return reject(new Error(`not accepted: ${answer}`));
      answer = '';
      next();
    });
    next();
  });
}

function isWhole(answer: string): boolean {
  const end = answer.indexOf('\r\n\r\n');
  if (end === -1) return false;
  const length = /content-length: (\d+)/i.exec(answer.slice(0, end))?.[1];
  return length === undefined ? answer.endsWith('0\r\n\r\n') : answer.length >= end + 4 + Number(length);
}
