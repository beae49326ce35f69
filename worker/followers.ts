// Whoever reads on as the log grows: by pages that wait for what comes, by an endpoint of kind pull, by a live stream.
import type { Credential } from './access/token.ts';
import { FOLLOWING, type Following } from './api/live.ts';
import type { Refusal } from './api/problem.ts';
import { Live } from './live.ts';
import { Polls } from './polls.ts';
import { pull, type PullQuery } from './pull.ts';
import type { Result } from './result.ts';
import type { Database } from './store/database.ts';
import { head, matcher, readPage, positionOf, type EventQuery, type LogPage, type PageOfLog } from './store/log.ts';

type Answer<T> = Result<T, Refusal>;

interface Parts {
  readonly db: Database;
  readonly team: () => string;
  readonly sockets: ConstructorParameters<typeof Live>[0]['sockets'];
  /** Asks in the name of a token, which must be good still. */
  readonly ask: <T>(by: Credential, use: () => Answer<T>) => Answer<T>;
}

export class Followers {
  readonly live: Live;
  readonly #polls = new Polls();
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.live = new Live(parts);
  }

  events(by: Credential, query: EventQuery, waitMs: number): Promise<Answer<LogPage>> {
    const { db, team, ask } = this.#parts;
    const matches = matcher(query);
    return this.#polls.page(positionOf(db, query.start), waitMs, (after) =>
      ask(by, () => ({ ok: true, value: readPage(db, team(), { after, limit: query.limit, matches }) })),
    );
  }

  /** What an endpoint that is pulled should have next. */
  pull(by: Credential, id: string, query: PullQuery, waitMs: number): Promise<Answer<PageOfLog>> {
    const { db, team, ask } = this.#parts;
    return this.#polls.page(query.after ?? 0, waitMs, (from) => {
      // A cursor passes by itself what its endpoint does not want.
      const after = query.after === null ? null : from;
      return ask(by, () => pull(db, team(), id, { ...query, after }));
    });
  }

  /** Opens a live stream. */
  open(request: Request): Response {
    const { db, ask } = this.#parts;
    const asked = decodeURIComponent(request.headers.get(FOLLOWING) ?? '');
    const { by, start, follow } = JSON.parse(asked) as Following;
    const opened = ask(by, () => {
      const after = start === null ? head(db) : positionOf(db, start);
      return this.live.open(by.id, { ...follow, after });
    });
    if (!opened.ok) return Response.json(opened.error, { status: 409 });
    return new Response(null, { status: 101, webSocket: opened.value });
  }

  /** The log may have grown. */
  wake(): void {
    this.#polls.wake();
    this.live.wake();
  }

  /** Ends what a token has open, which is good no more. */
  revoke(token: string): void {
    this.#polls.wake();
    this.live.revoke(token);
  }
}
