// A team: one object with one log and all that follows from it. A façade: it opens the store, answers for whoever holds a good
// token, and owns the alarm.
import { DurableObject } from 'cloudflare:workers';

import type { BudgetAlert, MailWaiting } from '../plugin/contract.ts';
import { keyId } from './access/keyring.ts';
import type { Credential } from './access/token.ts';
import { refuse, type Refusal } from './api/problem.ts';
import type { Bucket } from './archive.ts';
import type { Attempt } from './delivery/outcome.ts';
import type { Rotation } from './delivery/rotation.ts';
import { mannerOf } from './delivery/settings.ts';
import { useCases, type Desk, type UseCase } from './desk.ts';
import { Dispatcher } from './dispatcher.ts';
import { openEndpoints, type Endpoints } from './endpoints.ts';
import { maxUsdOf, type Env } from './env.ts';
import { destinations } from './destination/destinations.ts';
import { outgoing, type PackedBatch } from './event/event.ts';
import { RELAY } from './event/own.ts';
import { Followers } from './followers.ts';
import { Notices } from './notices.ts';
import type { PullQuery } from './pull.ts';
import { repricing } from './repricing.ts';
import { fail, ok, type Result } from './result.ts';
import { retention } from './retention.ts';
import { sealing } from './sealing.ts';
import { accept, type Accepted } from './store/accept.ts';
import { SharedCommit } from './store/commit.ts';
import type { Database } from './store/database.ts';
import { openDatabase } from './store/open.ts';
import type { Clock, Window } from './store/delivery.ts';
import { emit, type OwnEvent } from './store/emit.ts';
import {
  takeSecrets,
  type EndpointChange,
  type EndpointDraft,
  type EndpointState,
  type ReplayFrom,
} from './store/endpoints.ts';
import { head, type EventQuery, type LogPage, type PageOfLog } from './store/log.ts';
import { countStale, type Stale } from './store/sealed.ts';
import { changeZone } from './store/standings.ts';
import { spentIn } from './store/spent.ts';
import type { Task } from './store/tasks.ts';
import { changeTeam, insertToken, isGood, readTeam, writeTeam } from './store/tokens.ts';
import type { NewTeam, TeamChange, TeamRow } from './store/tokens.ts';
import { Watch } from './watch.ts';
import { openWatchdog } from './watchdog.ts';

export type Answer<T> = Result<T, Refusal>;

export class Team extends DurableObject<Env> {
  protected readonly clock: Clock = { now: Date.now, random: Math.random };
  readonly #db: Database;
  readonly #dispatcher: Dispatcher;
  readonly #watch: Watch;
  readonly #endpoints: Endpoints;
  readonly #followers: Followers;
  readonly #notices: Notices;
  readonly #commit = new SharedCommit();
  #team: TeamRow | null;
  /** The id of the operator's secret. */
  #key = '';

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#db = openDatabase(ctx.storage, maxUsdOf(env));
    this.#team = readTeam(this.#db);
    const [team, now] = [() => this.#team?.id ?? '', () => this.clock.now()];
    this.#watch = new Watch({ db: this.#db, team: () => this.#team, now });
    this.#endpoints = openEndpoints({ db: this.#db, now, wake: () => this.#wakeLater() });
    this.#followers = new Followers({ db: this.#db, team, sockets: ctx, ask: (by, use) => this.#try(by, use) });
    this.#notices = new Notices({ db: this.#db, now });
    this.#dispatcher = new Dispatcher({
      db: this.#db,
      team,
      deliver: (parcel) => this.deliver(parcel),
      alarm: ctx.storage,
      clock: { now, random: () => this.clock.random() },
      grown: () => this.#followers.wake(),
      chores: [
        retention({ db: this.#db, team, bucket: () => this.archive(), now, notices: this.#notices }),
        repricing({ db: this.#db, now, spent: (since) => this.#watch.spent(since) }),
        sealing({ db: this.#db, key: () => this.#key, reseal: (endpoints) => ctx.exports.Courier.reseal(endpoints) }),
      ],
      watch: openWatchdog({ db: this.#db, now, watch: this.#watch }),
    });
    void ctx.blockConcurrencyWhile(async () => {
      this.#key = await keyId(env.OPERATOR_SECRET);
      await this.#dispatcher.restore();
    });
  }

  override alarm(): Promise<void> {
    return this.#dispatcher.alarm();
  }

  protected deliver({ endpoint, events, folded, plan }: Window): Promise<readonly Attempt[]> {
    const { id, kind, url } = endpoint;
    const secrets = takeSecrets(this.#db, endpoint, this.clock.now());
    const spent = destinations[kind].saysSpent ? spentIn(this.#db, events) : null;
    const parcels = events.map((event) =>
      outgoing(event, spent?.get(event.session ?? '') ?? null, folded.get(event.seq) ?? 0),
    );
    const manner = mannerOf(endpoint.settings);
    return this.ctx.exports.Courier.deliver({
      endpoint: { id, kind, url, secrets, manner },
      events: parcels,
      plan,
    });
  }

  protected archive(): Bucket | null {
    return this.env.ARCHIVE ?? null;
  }

  /** For the operator, who has no token of the team. False where the team is there already. */
  create(team: NewTeam, admin: Credential): boolean {
    if (this.#team !== null) return false;
    this.#db.transaction(() => {
      writeTeam(this.#db, team);
      insertToken(this.#db, admin, { name: 'first admin' }, team.created);
    });
    this.#team = readTeam(this.#db);
    return true;
  }

  /** For the operator again, to whom a team that has lost its last admin token turns. False where there is no team. */
  addTokenAsOperator(token: Credential, name: string): boolean {
    if (this.#team === null) return false;
    insertToken(this.#db, token, { name }, this.clock.now());
    return true;
  }

  /** For the operator once more: how much of the team hangs on a previous secret. What can go over to the newest does. */
  reseal(): Stale {
    this.#wakeLater();
    return countStale(this.#db, this.#key);
  }

  async accept(
    by: Credential,
    batch: PackedBatch,
    rejected: number,
  ): Promise<Answer<Accepted & { budgets: BudgetAlert[]; mail: MailWaiting | null }>> {
    const accepted = await this.#commit.run(() =>
      this.#for(by, () => {
        const { spentSince, opened, ...counts } = accept(this.#db, batch, rejected, this.clock.now());
        if (spentSince < Number.POSITIVE_INFINITY) this.#watch.spent(spentSince);
        this.#watch.heard(batch, opened);
        const mail = this.#notices.noticeFor(batch);
        return { ...counts, budgets: this.#watch.alertsFor(batch.source), mail };
      }),
    );
    if (accepted.ok && accepted.value.accepted > 0) await this.#dispatcher.wake();
    return accepted;
  }

  describe(by: Credential): Answer<TeamRow & { head: number; stale: Stale; tasks: Task[] }> {
    return this.#for(by, (team) => ({
      ...team,
      head: head(this.#db),
      stale: countStale(this.#db, this.#key),
      tasks: this.#watch.tasks(),
    }));
  }

  changeTeam(by: Credential, change: TeamChange): Answer<null> {
    return this.#for(by, (team) => {
      const changed = { ...team, ...change };
      this.#db.transaction(() => {
        changeZone(this.#db, this.clock.now(), team.zone, changed.zone);
        changeTeam(this.#db, changed);
      });
      this.#team = changed;
      this.#watch.plan();
      this.#wakeLater();
      return null;
    });
  }

  /** Opens a live stream: of all that a team is asked this alone cannot be a call. */
  override fetch(request: Request): Response {
    return this.#followers.open(request);
  }

  override webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): void {
    this.#followers.live.hear(socket, message);
  }

  override webSocketClose(socket: WebSocket): void {
    this.#followers.live.leave(socket);
  }

  override webSocketError(socket: WebSocket): void {
    this.#followers.live.leave(socket);
  }

  events(by: Credential, query: EventQuery, waitMs: number): Promise<Answer<LogPage>> {
    return this.#followers.events(by, query, waitMs);
  }

  pull(by: Credential, id: string, query: PullQuery, waitMs: number): Promise<Answer<PageOfLog>> {
    return this.#followers.pull(by, id, query, waitMs);
  }

  endpoints(by: Credential): Answer<EndpointState[]> {
    return this.#for(by, () => this.#endpoints.list());
  }

  endpoint(by: Credential, id: string): Answer<EndpointState> {
    return this.#found(by, `endpoint ${id}`, () => this.#endpoints.find(id));
  }

  addEndpoint(by: Credential, draft: EndpointDraft, after: number | null): Answer<EndpointState> {
    return this.#try(by, () => this.#endpoints.add(draft, after));
  }

  changeEndpoint(by: Credential, id: string, change: EndpointChange): Answer<EndpointState> {
    return this.#found(by, `endpoint ${id}`, () => this.#endpoints.change(id, change, by.id));
  }

  removeEndpoint(by: Credential, id: string): Answer<true> {
    return this.#found(by, `endpoint ${id}`, () => this.#endpoints.remove(id));
  }

  rotate(by: Credential, id: string, rotation: Rotation): Answer<EndpointState> {
    return this.#try(by, () => this.#endpoints.rotate(id, rotation) ?? notFound(`endpoint ${id}`));
  }

  replay(by: Credential, id: string, from: ReplayFrom, dryRun: boolean): Answer<{ after: number; to: number }> {
    return this.#try(by, () => this.#endpoints.replay(id, from, dryRun) ?? notFound(`endpoint ${id}`));
  }

  /** A use case of the table, in one transaction. */
  ask(by: Credential, name: UseCase, given: readonly unknown[]): Answer<unknown> {
    const now = this.clock.now();
    const said: OwnEvent[] = [];
    const say: Desk['say'] = (type, data, source = RELAY) =>
      said.push({ type, data, about: { session: null, source } });
    const desk: Desk = {
      db: this.#db,
      team: this.#team?.id ?? '',
      by: by.id,
      now,
      zone: this.#team?.zone ?? 'UTC',
      watch: this.#watch,
      followers: this.#followers,
      notices: this.#notices,
      say,
    };
    const useCase = useCases[name] as (desk: Desk, ...given: readonly unknown[]) => Answer<unknown>;
    const outcome = this.#try(by, () =>
      this.#db.transaction(() => {
        const done = useCase(desk, ...given);
        emit(this.#db, now, said);
        return done;
      }),
    );
    this.#wakeLater();
    return outcome;
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

  #found<T>(by: Credential, what: string, find: () => T | null): Answer<T> {
    const found = this.#for(by, find);
    if (!found.ok) return found;
    return found.value === null ? notFound(what) : ok(found.value);
  }
}

function notFound(what: string): Answer<never> {
  return fail(refuse('not-found', `there is no ${what.slice(0, 90)}`));
}
