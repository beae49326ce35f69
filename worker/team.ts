// A team: one object with one log and all that follows from it. A façade: it opens the store, answers for whoever holds a good
// token, and owns the alarm.
import { DurableObject } from 'cloudflare:workers';

import type { BudgetAlert } from '../plugin/contract.ts';
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
import { repricing } from './repricing.ts';
import { fail, ok, type Result } from './result.ts';
import { retention } from './retention.ts';
import { accept, type Accepted } from './store/accept.ts';
import { listAttempts, type AttemptQuery, type AttemptRow } from './store/attempts.ts';
import { SharedCommit } from './store/commit.ts';
import type { Database } from './store/database.ts';
import { openDatabase } from './store/open.ts';
import type { Clock, Window } from './store/delivery.ts';
import { emit, type OwnEvent } from './store/emit.ts';
import {
  readEndpoint,
  takeSecrets,
  type EndpointChange,
  type EndpointDraft,
  type EndpointState,
  type ReplayFrom,
} from './store/endpoints.ts';
import { head, matcher, readPage, type EventQuery, type LogPage } from './store/log.ts';
import { listEntries, listSessions, startOfSession } from './store/session-list.ts';
import type { EntryListRow, SessionListRow, SessionQuery } from './store/session-list.ts';
import { listSources, type SourceRow } from './store/sources.ts';
import { changeZone } from './store/standings.ts';
import { spentIn } from './store/spent.ts';
import type { Task } from './store/tasks.ts';
import { changeTeam, insertToken, isGood, listTokens, readTeam, revokeToken, writeTeam } from './store/tokens.ts';
import type { NewTeam, TeamChange, TeamRow, TokenRow } from './store/tokens.ts';
import { readUsage, type UsageQuery, type UsageRow } from './store/usage.ts';
import { Watch } from './watch.ts';
import { openWatchdog } from './watchdog.ts';

export type Answer<T> = Result<T, Refusal>;

export class Team extends DurableObject<Env> {
  protected readonly clock: Clock = { now: Date.now, random: Math.random };
  readonly #db: Database;
  readonly #dispatcher: Dispatcher;
  readonly #watch: Watch;
  readonly #endpoints: Endpoints;
  readonly #commit = new SharedCommit();
  #team: TeamRow | null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#db = openDatabase(ctx.storage, maxUsdOf(env));
    this.#team = readTeam(this.#db);
    const [team, now] = [() => this.#team?.id ?? '', () => this.clock.now()];
    this.#watch = new Watch({ db: this.#db, team: () => this.#team, now });
    this.#endpoints = openEndpoints({ db: this.#db, now, wake: () => this.#wakeLater() });
    const watchdog = openWatchdog({ db: this.#db, now });
    this.#dispatcher = new Dispatcher({
      db: this.#db,
      team,
      deliver: (parcel) => this.deliver(parcel),
      alarm: ctx.storage,
      clock: { now, random: () => this.clock.random() },
      chores: [
        retention({ db: this.#db, team, bucket: () => this.archive(), now }),
        repricing({ db: this.#db, now, spent: (since) => this.#watch.spent(since) }),
      ],
      watch: {
        due: () => Math.min(this.#watch.due(), watchdog.due()),
        run: (underWay) => {
          this.#watch.run();
          watchdog.run(underWay);
        },
      },
    });
    void ctx.blockConcurrencyWhile(() => this.#dispatcher.restore());
  }

  override alarm(): Promise<void> {
    return this.#dispatcher.alarm();
  }

  protected deliver({ endpoint, events, plan }: Window): Promise<readonly Attempt[]> {
    const { id, kind, url } = endpoint;
    const secrets = takeSecrets(this.#db, endpoint, this.clock.now());
    const spent = destinations[kind].saysSpent ? spentIn(this.#db, events) : null;
    const parcels = events.map((event) => outgoing(event, spent?.get(event.session ?? '') ?? null));
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
      insertToken(this.#db, admin, 'first admin', team.created);
    });
    this.#team = readTeam(this.#db);
    return true;
  }

  /** For the operator again, to whom a team that has lost its last admin token turns. */
  addTokenAsOperator(token: Credential, name: string): void {
    insertToken(this.#db, token, name, this.clock.now());
  }

  async accept(
    by: Credential,
    batch: PackedBatch,
    rejected: number,
  ): Promise<Answer<Accepted & { budgets: BudgetAlert[] }>> {
    const accepted = await this.#commit.run(() =>
      this.#for(by, () => {
        const { spentSince, ...counts } = accept(this.#db, batch, rejected, this.clock.now());
        if (spentSince < Number.POSITIVE_INFINITY) this.#watch.spent(spentSince);
        return { ...counts, budgets: this.#watch.alertsFor(batch.source) };
      }),
    );
    if (accepted.ok && accepted.value.accepted > 0) await this.#dispatcher.wake();
    return accepted;
  }

  describe(by: Credential): Answer<TeamRow & { head: number; tasks: Task[] }> {
    return this.#for(by, (team) => ({ ...team, head: head(this.#db), tasks: this.#watch.tasks() }));
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

  entries(by: Credential, session: string, limit: number, offset: number): Answer<EntryListRow[]> {
    return this.#for(by, () => listEntries(this.#db, session, limit, offset));
  }

  usage(by: Credential, query: UsageQuery): Answer<UsageRow[]> {
    return this.#for(by, () => readUsage(this.#db, query));
  }

  sources(by: Credential, limit: number): Answer<SourceRow[]> {
    return this.#for(by, () => listSources(this.#db, limit));
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

  attempts(by: Credential, id: string, query: AttemptQuery): Answer<AttemptRow[]> {
    return this.#found(by, `endpoint ${id}`, () =>
      readEndpoint(this.#db, id) === null ? null : listAttempts(this.#db, id, query),
    );
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

  /** A use case of the table, in one transaction. */
  ask(by: Credential, name: UseCase, given: readonly unknown[]): Answer<unknown> {
    const now = this.clock.now();
    const said: OwnEvent[] = [];
    const say: Desk['say'] = (type, data) => said.push({ type, data });
    const desk: Desk = { db: this.#db, by: by.id, now, zone: this.#team?.zone ?? 'UTC', watch: this.#watch, say };
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
