// Hears of mail the moment it is sent, where the member asked for it: over the relay's stream, for which the token must be one that
// may read. A stream that ends is opened again, later each time; meanwhile receipts say what waits.

import { backoffMs } from '../backoff.ts';
import type { Clock } from '../clock.ts';
import { fields, list } from '../field.ts';

interface Parts {
  readonly url: string;
  readonly token: string;
  readonly isOurs: (address: unknown) => boolean;
  readonly hear: () => void;
  readonly clock: Clock;
}

/** Returns how to end it. */
export function watch({ url, token, isOurs, hear, clock }: Parts): () => void {
  const address = new URL('v1/stream?type=mail.sent', url);
  address.protocol = address.protocol.replace('http', 'ws');
  let socket: WebSocket | null = null;
  let failures = 0;
  let wasOpen = false;
  let cancel = (): void => {};

  function connect(): void {
    // The token goes where a browser would put it: not into the URL, which proxies write down.
    const mine = new WebSocket(address, ['gasline', token]);
    socket = mine;
    mine.addEventListener('open', () => {
      failures = 0;
      wasOpen = true;
    });
    mine.addEventListener('message', ({ data }) => {
      const event = read(data);
      mine.send(JSON.stringify({ ack: event.seq }));
      if (list(fields(event.data).recipients).some(isOurs)) hear();
    });
    mine.addEventListener('close', () => {
      failures += 1;
      // What never opened may be refused for good: a wrong token, or a proxy that knows no streams.
      if (socket === mine)
        cancel = clock.after(backoffMs(wasOpen ? 'later' : 'refused', failures, clock.random()), connect);
    });
  }

  connect();
  return () => {
    cancel();
    const last = socket;
    socket = null;
    last?.close();
  };
}

function read(data: unknown) {
  try {
    return fields(JSON.parse(String(data)));
  } catch {
    return {};
  }
}
