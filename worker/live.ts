// Live streams: a WebSocket each, on which a follower of the team gets the log's events in order, first those after a position
// that it names, then each as it comes. The object may sleep meanwhile: what has to be known of a follower is kept with its socket.
import { refuse, type Refusal } from './api/problem.ts';
import { acknowledged, inPieces, roomOf, type UnderWay } from './delivery/credit.ts';
import { wantedBy } from './delivery/wanted.ts';
import { fail, ok, type Result } from './result.ts';
import type { Database } from './store/database.ts';
import { readEndpoint } from './store/endpoints.ts';
import { head, matcher, readPage, type EventFilter, type PageOfLog } from './store/log.ts';

export interface Follow extends EventFilter {
  /** What this one wants and nothing else; null for no such limit. */
  readonly endpoint: string | null;
  /** All up to here it has had, or does not want. */
  readonly after: number;
}

/** As it is kept with the socket; `token` is the one that it ends with. */
interface Follower extends Follow {
  readonly token: string;
  readonly underWay: UnderWay;
}

/** Why a stream ends: codes of our own, by the HTTP status that says the same (RFC 6455, 7.4.2). */
const ENDS = {
  misused: [4400, 'send {"ack": seq} or ping and nothing else'],
  revoked: [4401, 'the token has been revoked'],
  'endpoint-gone': [4404, 'there is no such endpoint any more'],
  silent: [4408, 'nothing acknowledged for 30 s: send {"ack": seq} at least every 100 events and 64 KB'],
  archived: [4409, 'what comes next has left the log: read it with GET /v1/events'],
  failed: [1011, 'the relay could not go on: follow again after the last seq'],
} as const satisfies Record<string, readonly [number, string]>;

const MAX_FOLLOWERS = 100;
/** Whoever finds no room comes again after so long. */
export const FULL_S = 30;
/** So long may a follower owe us an acknowledgement while more is there for it. */
const SILENCE_MS = 30_000;
const EVENTS_A_STEP = 100;

interface Parts {
  readonly db: Database;
  readonly team: () => string;
  readonly sockets: Pick<DurableObjectState, 'acceptWebSocket' | 'getWebSockets' | 'setWebSocketAutoResponse'>;
}

export class Live {
  readonly #parts: Parts;
  readonly #followers = new Map<WebSocket, Follower>();
  readonly #running = new Set<WebSocket>();
  readonly #silent = new Map<WebSocket, ReturnType<typeof setTimeout>>();

  constructor(parts: Parts) {
    this.#parts = parts;
    for (const socket of parts.sockets.getWebSockets()) {
      if (socket.readyState === WebSocket.OPEN) this.#followers.set(socket, socket.deserializeAttachment() as Follower);
    }
  }

  /** The client's end of a new stream. */
  open(token: string, follow: Follow): Result<WebSocket, Refusal> {
    const { sockets, db } = this.#parts;
    if (this.#followers.size >= MAX_FOLLOWERS) {
      return fail(refuse('followers-full', `the team has ${MAX_FOLLOWERS} live streams: close one`, FULL_S));
    }
    const newest = head(db);
    if (follow.after > newest) {
      return fail(refuse('query-malformed', `after: must be at most ${newest}, the newest position in the log`));
    }
    const first = this.#read(follow, 1);
    if (!first.ok) {
      const [, reason] = ENDS[first.error];
      return fail(refuse(first.error === 'archived' ? 'archived' : 'not-found', reason));
    }
    const { 0: client, 1: socket } = new WebSocketPair();
    sockets.acceptWebSocket(socket);
    // Answered without waking the object.
    sockets.setWebSocketAutoResponse(new WebSocketRequestResponsePair('ping', 'pong'));
    this.#keep(socket, { ...follow, token, underWay: [] });
    this.#start(socket);
    return ok(client);
  }

  /** The log may have grown. */
  wake(): void {
    for (const socket of this.#followers.keys()) this.#start(socket);
  }

  revoke(token: string): void {
    for (const [socket, follower] of this.#followers) if (follower.token === token) this.#end(socket, 'revoked');
  }

  hear(socket: WebSocket, message: string | ArrayBuffer): void {
    const follower = this.#followers.get(socket);
    if (follower === undefined) return;
    const upTo = parseAck(message);
    if (upTo === null) {
      this.#end(socket, 'misused');
      return;
    }
    const underWay = acknowledged(follower.underWay, upTo);
    if (underWay.length === follower.underWay.length) return;
    this.#listen(socket);
    this.#keep(socket, { ...follower, underWay });
    this.#start(socket);
  }

  /** The follower has gone. */
  leave(socket: WebSocket): void {
    this.#forget(socket);
    socket.close(1000);
  }

  /** One loop a socket: it sees for itself what comes while it runs. */
  #start(socket: WebSocket): void {
    if (this.#running.has(socket)) return;
    this.#running.add(socket);
    void this.#run(socket);
  }

  async #run(socket: WebSocket): Promise<void> {
    try {
      // The answer to whoever brought the events goes first.
      do await scheduler.wait(0);
      while (this.#step(socket));
    } catch {
      // Its own events are in the log: it can follow again, here or at an object that is well.
      this.#end(socket, 'failed');
    } finally {
      this.#running.delete(socket);
    }
  }

  /** Sends what there is and what there is room for; whether there may be more. */
  #step(socket: WebSocket): boolean {
    const follower = this.#followers.get(socket);
    if (follower === undefined) return false;
    const room = roomOf(follower.underWay);
    if (room.events === 0) {
      if (head(this.#parts.db) > follower.after) this.#await(socket);
      return false;
    }
    const page = this.#read(follower, Math.min(room.events, EVENTS_A_STEP));
    if (!page.ok) {
      this.#end(socket, page.error);
      return false;
    }
    const underWay = [...follower.underWay];
    let [after, text] = [page.value.upTo, room.text];
    for (const event of page.value.events) {
      if (text <= 0) {
        after = event.seq - 1;
        break;
      }
      const json = JSON.stringify(event);
      socket.send(json);
      text -= json.length;
      underWay.push({ upTo: event.seq, events: 1, text: json.length });
    }
    this.#keep(socket, { ...follower, after, underWay });
    return after < page.value.head;
  }

  #read(
    { endpoint, after, ...filter }: Follow,
    limit: number,
  ): Result<PageOfLog, Extract<keyof typeof ENDS, 'archived' | 'endpoint-gone'>> {
    const { db, team } = this.#parts;
    const wanting = endpoint === null ? null : readEndpoint(db, endpoint);
    if (endpoint !== null && wanting === null) return fail('endpoint-gone');
    const isAsked = matcher(filter);
    const isWanted = wanting === null ? null : wantedBy(wanting);
    const matches: typeof isAsked = (event, source) =>
      isAsked(event, source) && (isWanted === null || isWanted(event, source));
    const page = readPage(db, team(), { after, limit, matches });
    return page.where === 'archive' ? fail('archived') : ok(page);
  }

  #keep(socket: WebSocket, follower: Follower): void {
    this.#followers.set(socket, follower);
    socket.serializeAttachment({ ...follower, underWay: inPieces(follower.underWay) });
  }

  #await(socket: WebSocket): void {
    if (this.#silent.has(socket)) return;
    this.#silent.set(
      socket,
      setTimeout(() => this.#end(socket, 'silent'), SILENCE_MS),
    );
  }

  #listen(socket: WebSocket): void {
    const timer = this.#silent.get(socket);
    if (timer !== undefined) clearTimeout(timer);
    this.#silent.delete(socket);
  }

  #forget(socket: WebSocket): void {
    this.#listen(socket);
    this.#followers.delete(socket);
  }

  #end(socket: WebSocket, end: keyof typeof ENDS): void {
    this.#forget(socket);
    const [code, reason] = ENDS[end];
    socket.close(code, reason);
  }
}

function parseAck(message: string | ArrayBuffer): number | null {
  if (typeof message !== 'string') return null;
  const [, digits] = /^\s*\{\s*"ack"\s*:\s*(\d{1,15})\s*\}\s*$/.exec(message) ?? [];
  return digits === undefined ? null : Number(digits);
}
