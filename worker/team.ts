// A team: one object with one log and all that follows from it. A façade: it opens the store, answers for whoever holds a good
// token, and owns the alarm.
import { DurableObject } from 'cloudflare:workers';

import type { Credential } from './access/token.ts';
import { refuse, type Refusal } from './api/problem.ts';
import type { Bucket } from './archive.ts';
import type { Attempt } from './delivery/outcome.ts';
import { useCases, type Desk, type UseCase } from './desk.ts';
import { Dispatcher } from './dispatcher.ts';
import type { Env } from './env.ts';
import { outgoing, type PackedBatch } from './event/event.ts';
import { fail, ok, type Result } from './result.ts';
import { retention } from './retention.ts';
import { accept, type Accepted } from './store/accept.ts';
import { SharedCommit } from './store/commit.ts';
import type { Database } from './store/database.ts';
import { openDatabase } from './store/open.ts';
import { listAttempts, waitingOf } from './store/delivery.ts';
import type { AttemptQuery, AttemptRow, Clock, Window } from './store/delivery.ts';
import { emit, type OwnEvent } from './store/emit.ts';
import {
  changeOf,
  deleteEndpoint,
  hurryRetries,
  isMended,
  listEndpoints,
  moveCursor,
  readEndpoint,
  writeEndpoint,
  type Endpoint,
  type EndpointChange,
  type EndpointDraft,
  type EndpointState,
  type ReplayFrom,
} from './store/endpoints.ts';
import { head, matcher, positionBefore, readPage, type EventQuery, type LogPage } from './store/log.ts';
import { floor } from './store/parts.ts';
import { listEntries, listSessions, startOfSession } from './store/session-list.ts';
import type { EntryListRow, SessionListRow, SessionQuery } from './store/session-list.ts';
import { listSources, type SourceRow } from './store/sources.ts';
import { insertToken, isGood, listTokens, readTeam, revokeToken, writeTeam } from './store/tokens.ts';
import type { TeamRow, TokenRow } from './store/tokens.ts';
import { readUsage, type UsageQuery, type UsageRow } from './store/usage.ts';

export type Answer<T> = Result<T, Refusal>;

export class Team extends DurableObject<Env> {
  protected readonly clock: Clock = { now: Date.now, random: Math.random };
  readonly #db: Database;
  readonly #dispatcher: Dispatcher;
  readonly #commit = new SharedCommit();
  #team: TeamRow | null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#db = openDatabase(ctx.storage);
    this.#team = readTeam(this.#db);
    const [team, now] = [() => this.#team?.id ?? '', () => this.clock.now()];
    this.#dispatcher = new Dispatcher({
      db: this.#db,
      team,
      deliver: (parcel) => this.deliver(parcel),
      alarm: ctx.storage,
      clock: { now, random: () => this.clock.random() },
      chores: [retention({ db: this.#db, team, bucket: () => this.archive(), now })],
    });
    void ctx.blockConcurrencyWhile(() => this.#dispatcher.restore());
  }

  override alarm(): Promise<void> {
    return this.#dispatcher.alarm();
  }

  protected deliver({ endpoint, events }: Window): Promise<readonly Attempt[]> {
    const { id, kind, url, secret } = endpoint;
    return this.ctx.exports.Courier.deliver({ endpoint: { id, kind, url, secret }, events: events.map(outgoing) });
  }

  protected archive(): Bucket | null {
    return this.env.ARCHIVE ?? null;
  }

  /** For the operator, who has no token of the team. False where the team is there already. */
  create(team: TeamRow, admin: Credential): boolean {
    if (this.#team !== null) return false;
    this.#db.transaction(() => {
      writeTeam(this.#db, team);
      insertToken(this.#db, admin, 'first admin', team.created);
    });
    this.#team = team;
    return true;
  }

  /** For the operator again, to whom a team that has lost its last admin token turns. */
  addTokenAsOperator(token: Credential, name: string): void {
    insertToken(this.#db, token, name, this.clock.now());
  }

  async accept(by: Credential, batch: PackedBatch, rejected: number): Promise<Answer<Accepted>> {
    const accepted = await this.#commit.run(() =>
      this.#for(by, () => accept(this.#db, batch, rejected, this.clock.now())),
    );
    if (accepted.ok && accepted.value.accepted > 0) await this.#dispatcher.wake();
    return accepted;
  }

  describe(by: Credential): Answer<TeamRow & { head: number }> {
    return this.#for(by, (team) => ({ ...team, head: head(this.#db) }));
  }

  events(by: Credential, query: EventQuery): Answer<LogPage> {
    return this.#for(by, (team) => readPage(this.#db, team.id, { ...query, matches: matcher(query) }));
  }

  /** What happened in one session: the log is read from about where the session begins. */
  timeline(
    by: Credential,
    session: string,
    { after, limit }: { readonly after: number; readonly limit: number },
  ): Answer<LogPage> {
    return this.#try(by, (team) => {
      const start = startOfSession(this.#db, session);
      if (start === null) return fail(refuse('not-found', `there is no session ${session.slice(0, 80)}`));
      const matches = (event: { readonly session: string | null }) => event.session === session;
      return ok(readPage(this.#db, team.id, { after: Math.max(after, start), limit, matches }));
    });
  }

  sessions(by: Credential, query: SessionQuery): Answer<SessionListRow[]> {
    return this.#for(by, () => listSessions(this.#db, query));
  }

  entries(by: Credential, session: string): Answer<EntryListRow[]> {
    return this.#for(by, () => listEntries(this.#db, session));
  }

  usage(by: Credential, query: UsageQuery): Answer<UsageRow[]> {
    return this.#for(by, () => readUsage(this.#db, query));
  }

  sources(by: Credential, limit: number): Answer<SourceRow[]> {
    return this.#for(by, () => listSources(this.#db, limit));
  }

  endpoints(by: Credential): Answer<EndpointState[]> {
    return this.#for(by, () => listEndpoints(this.#db).map((endpoint) => this.#stateOf(endpoint)));
  }

  endpoint(by: Credential, id: string): Answer<EndpointState> {
    return this.#forEndpoint(by, id, (endpoint) => this.#stateOf(endpoint));
  }

  /** `after` is where its cursor starts: null for what comes from now on. */
  addEndpoint(by: Credential, draft: EndpointDraft, after: number | null): Answer<EndpointState> {
    return this.#try(by, () => {
      const cursor = this.#inLog(Math.min(after ?? head(this.#db), head(this.#db)));
      if (!cursor.ok) return cursor;
      const fixed = { state: 'enabled', reason: null, notBefore: 0, created: this.clock.now() } as const;
      const endpoint: Endpoint = { ...draft, ...fixed, cursor: cursor.value };
      writeEndpoint(this.#db, endpoint);
      this.#wakeLater();
      return ok(this.#stateOf(endpoint));
    });
  }

  changeEndpoint(by: Credential, id: string, change: EndpointChange): Answer<EndpointState> {
    return this.#forEndpoint(by, id, (endpoint) => {
      const changed = changeOf(endpoint, change);
      writeEndpoint(this.#db, changed);
      if (isMended(endpoint, change)) hurryRetries(this.#db, id, this.clock.now());
      this.#wakeLater();
      return this.#stateOf(changed);
    });
  }

  removeEndpoint(by: Credential, id: string): Answer<null> {
    return this.#forEndpoint(by, id, () => {
      deleteEndpoint(this.#db, id);
      return null;
    });
  }

  /** Moves the cursor back, so that all that the endpoint wants from there on is delivered again. */
  replay(by: Credential, id: string, from: ReplayFrom, dryRun: boolean): Answer<{ after: number; to: number }> {
    return this.#tryEndpoint(by, id, (endpoint) => {
      const position = 'time' in from ? positionBefore(this.#db, from.time) : from.position;
      const after = this.#inLog(Math.min(position, endpoint.cursor));
      if (!after.ok) return after;
      if (!dryRun) {
        moveCursor(this.#db, id, after.value);
        this.#wakeLater();
      }
      return ok({ after: after.value, to: head(this.#db) });
    });
  }

  attempts(by: Credential, id: string, query: AttemptQuery): Answer<AttemptRow[]> {
    return this.#forEndpoint(by, id, () => listAttempts(this.#db, id, query));
  }

  tokens(by: Credential): Answer<TokenRow[]> {
    return this.#for(by, () => listTokens(this.#db));
  }

  addToken(by: Credential, token: Credential, name: string): Answer<null> {
    return this.#for(by, () => {
      insertToken(this.#db, token, name, this.clock.now());
      return null;
    });
  }

  revokeToken(by: Credential, id: string): Answer<null> {
    return this.#try(by, () => {
      if (revokeToken(this.#db, id, this.clock.now())) return ok(null);
      return fail(refuse('not-found', `there is no token ${id.slice(0, 80)} that is still good`));
    });
  }

  /** A cursor can start only where the log still goes on from. */
  #inLog(position: number): Answer<number> {
    const upTo = floor(this.#db);
    if (position >= upTo) return ok(position);
    const detail = `events up to ${upTo} are not delivered any more: start after ${upTo}, read older ones with GET /v1/events`;
    return fail(refuse('archived', detail));
  }

  /** A use case of the table, in one transaction. */
  ask(by: Credential, name: UseCase, given: readonly unknown[]): Answer<unknown> {
    const now = this.clock.now();
    const said: OwnEvent[] = [];
    const desk: Desk = { db: this.#db, by: by.id, now, say: (type, data) => said.push({ type, data }) };
    const useCase = useCases[name] as (desk: Desk, ...given: readonly unknown[]) => Answer<unknown>;
    const outcome = this.#try(by, () =>
      this.#db.transaction(() => {
        const done = useCase(desk, ...given);
        emit(this.#db, now, said);
        return done;
      }),
    );
    if (said.length > 0) this.#wakeLater();
    return outcome;
  }

  #stateOf(endpoint: Endpoint): EndpointState {
    const behind = Math.max(0, head(this.#db) - endpoint.cursor);
    return { ...endpoint, behind, waiting: waitingOf(this.#db, endpoint.id) };
  }

  /** The alarm is the owner of this wake-up: should it fail, what is due stays due. */
  #wakeLater(): void {
    this.ctx.waitUntil(this.#dispatcher.wake());
  }

  #for<T>(by: Credential, use: (team: TeamRow) => T): Answer<T> {
    return this.#try(by, (team) => ok(use(team)));
  }

  #try<T>(by: Credential, use: (team: TeamRow) => Answer<T>): Answer<T> {
    if (this.#team === null || !isGood(this.#db, by)) {
      return fail(refuse('token-revoked', 'ask an admin of the team for a new token'));
    }
    return use(this.#team);
  }

  #forEndpoint<T>(by: Credential, id: string, use: (endpoint: Endpoint) => T): Answer<T> {
    return this.#tryEndpoint(by, id, (endpoint) => ok(use(endpoint)));
  }

  #tryEndpoint<T>(by: Credential, id: string, use: (endpoint: Endpoint) => Answer<T>): Answer<T> {
    return this.#try(by, () => {
      const found = readEndpoint(this.#db, id);
      return found === null ? fail(refuse('not-found', `there is no endpoint ${id.slice(0, 80)}`)) : use(found);
    });
  }
}
