import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { watch } from '../../../plugin/mail/watch.ts';

class Socket extends EventTarget {
  readonly address: URL;
  readonly protocols: readonly string[];
  readonly sent: unknown[] = [];
  isClosed = false;

  constructor(address: URL, protocols: readonly string[]) {
    super();
    this.address = address;
    this.protocols = protocols;
    sockets.push(this);
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(): void {
    this.isClosed = true;
    this.dispatchEvent(new Event('close'));
  }

  say(event: unknown): void {
    this.dispatchEvent(
      new MessageEvent('message', { data: typeof event === 'string' ? event : JSON.stringify(event) }),
    );
  }
}

let sockets: Socket[];
let timers: { readonly ms: number; readonly run: () => void }[];
let heard: number;

beforeEach(() => {
  [sockets, timers, heard] = [[], [], 0];
  vi.stubGlobal('WebSocket', Socket);
});

afterEach(() => vi.unstubAllGlobals());

function start(url = 'https://relay.example.com/team/'): () => void {
  return watch({
    url,
    token: 'gl_read',
    isOurs: (address) => address === 'app/toast',
    hear: () => {
      heard += 1;
    },
    clock: {
      now: () => 0,
      random: () => 1,
      after: (ms, run) => {
        timers.push({ ms, run });
        return () => timers.splice(0);
      },
    },
  });
}

describe('the stream', () => {
  it.each([
    ['https://relay.example.com/team/', 'wss://relay.example.com/team/v1/stream?type=mail.sent'],
    ['http://127.0.0.1:8787/', 'ws://127.0.0.1:8787/v1/stream?type=mail.sent'],
  ])('of %s is %s, with the token where no proxy writes it down', (url, address) => {
    start(url);
    expect(sockets[0]?.address.href).toBe(address);
    expect(sockets[0]?.protocols).toEqual(['gasline', 'gl_read']);
  });

  it('is heard where a mailbox is ours, and acknowledged in any case', () => {
    start();
    const [socket] = sockets;
    socket?.say({ seq: 7, data: { recipients: ['mayor/', 'app/toast'] } });
    expect(heard).toBe(1);
    for (const data of [{ recipients: ['mayor/'] }, { recipients: 'app/toast' }, null]) socket?.say({ seq: 8, data });
    socket?.say('no JSON');
    expect(heard).toBe(1);
    expect(socket?.sent.slice(0, 2)).toEqual([{ ack: 7 }, { ack: 8 }]);
  });

  it('is opened again where it ends, sooner if it was open before, and later each time', () => {
    start();
    sockets[0]?.close();
    expect(timers.map(({ ms }) => ms)).toEqual([60_000]);
    timers[0]?.run();
    sockets[1]?.dispatchEvent(new Event('open'));
    sockets[1]?.close();
    timers[1]?.run();
    sockets[2]?.close();
    expect(timers.map(({ ms }) => ms)).toEqual([60_000, 1_000, 2_000]);
    expect(sockets).toHaveLength(3);
  });

  it('is not opened again by who has ended it', () => {
    const stop = start();
    stop();
    expect(sockets[0]?.isClosed).toBe(true);
    expect(timers).toEqual([]);
    const again = start();
    sockets[1]?.close();
    again();
    expect(timers).toEqual([]);
    expect(sockets).toHaveLength(2);
  });
});
