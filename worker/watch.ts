// Watches the team's spend: budgets soon after it changed, anomalies within the hour, digests at their time. What is to be done
// stands in rows, so that it is done after a restart too; a batch writes one only where none waits already.
import type { Source } from '../plugin/contract.ts';
import { DIGESTS, nextDigest, STEP_OF, type DigestKind } from './budget/digest.ts';
import type { ProjectNames, Standing } from './budget/budget.ts';
import { alertsOf, concerns, type Alert } from './budget/notice.ts';
import type { LoggedEvent, PackedBatch } from './event/event.ts';
import { periodOf } from './ledger/period.ts';
import { checkAnomalies } from './store/anomalies.ts';
import { listBudgets } from './store/budgets.ts';
import type { Database } from './store/database.ts';
import { sayDigest } from './store/digests.ts';
import { readProjectNames } from './store/project-names.ts';
import { nothingKept } from './store/spending.ts';
import { toldSessions } from './store/open-sessions.ts';
import { checkStalls, resumeSessions, type Patience } from './store/stalls.ts';
import { checkBudgets, readStandings } from './store/standings.ts';
import { deleteTask, listTasks, writeTask, type Task, type TaskName } from './store/tasks.ts';
import type { TeamRow } from './store/tokens.ts';

interface Parts {
  readonly db: Database;
  readonly team: () => TeamRow | null;
  readonly now: () => number;
}

/** A turn of an agent brings several batches: one check is for all of them. */
const CHECK_AFTER_MS = 5_000;
/** A forecast changes with the days, and an anomaly is no matter of seconds: both read four weeks of sums. */
const LOOK_EVERY_MS = 3_600_000;
const RETRY_MS = 60_000;
/** Whoever posts late after the relay was away does so within a minute or two; before that nobody is called silent. */
const LATE_MS = 2 * 60_000;
/** Many sessions fall silent one after the other. */
const STALLS_EVERY_MS = 30_000;
/** Digests that fell due while nobody was there are made up for, as far back as this. */
const MAKE_UP_MS = 7 * 24 * 3_600_000;

export class Watch {
  readonly #parts: Parts;
  readonly #tasks: Map<TaskName, Task>;
  #hasBudgets: boolean;
  #alerts: { readonly all: readonly Alert[]; readonly names: ProjectNames } | null = null;
  /** What the days before today came to. */
  #kept = nothingKept();
  #lookedAhead = Number.NEGATIVE_INFINITY;
  /** The sessions that the team was told to have stalled. */
  readonly #stalled: Set<string>;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#tasks = new Map(listTasks(parts.db).map((task) => [task.name, task]));
    this.#hasBudgets = listBudgets(parts.db).length > 0;
    this.#stalled = new Set(toldSessions(parts.db));
  }

  due(): number {
    return Math.min(Number.POSITIVE_INFINITY, ...[...this.#tasks.values()].map(({ due }) => due));
  }

  /** What waits, and why it failed where it did. */
  tasks(): Task[] {
    return [...this.#tasks.values()].toSorted((a, b) => a.due - b.due);
  }

  /** To be called in the turn in which spend changed, with the earliest moment at which it did. */
  spent(since: number): void {
    const now = this.#parts.now();
    if (since < this.#kept.before) this.#kept = nothingKept();
    if (this.#hasBudgets) this.#expect('budgets', now + CHECK_AFTER_MS);
    this.#expect('anomalies', now + LOOK_EVERY_MS);
  }

  /** To be called in the turn in which a batch came in. `opened` says that a session began to work or to wait with it. */
  heard({ events }: PackedBatch, opened: boolean): void {
    if (this.#stalled.size > 0 && this.#resume(events)) this.#expectSilence();
    if (opened) this.#expectSilence();
  }

  /** Does all that is due. What fails is tried again and keeps nothing else from being done. */
  run(): void {
    const now = this.#parts.now();
    for (;;) {
      const task = this.tasks().find(({ due }) => due <= now);
      if (task === undefined) return;
      this.#attempt(task, now);
    }
  }

  /** After budgets were changed: what they come to is seen at once. */
  check(): void {
    this.#hasBudgets = listBudgets(this.#parts.db).length > 0;
    this.#lookedAhead = Number.NEGATIVE_INFINITY;
    this.#checkBudgets(this.#parts.now());
  }

  /** After the team's settings were changed. */
  plan(): void {
    const now = this.#parts.now();
    const { digests, zone } = this.#team();
    for (const kind of DIGESTS) {
      if (!digests[kind]) this.#put(kind, null);
      else
        this.#put(kind, { name: kind, due: this.#firstDue(kind, nextDigest(kind, digests, now, zone)), reason: null });
    }
    this.#attempt({ name: 'stalled', due: now, reason: null }, now);
    this.#alerts = null;
  }

  /** From the last check, without a query. Only the first batch after a start has to look. */
  alertsFor(source: Source): Alert[] {
    if (!this.#hasBudgets) return [];
    const { db, now } = this.#parts;
    const moment = { now: now(), zone: this.#team().zone };
    const { all, names } = (this.#alerts ??= this.#alertsOf(readStandings(db, listBudgets(db), moment)));
    return all.filter(({ scope, until }) => concerns(scope, source, names) && Date.parse(until) > moment.now);
  }

  #attempt(task: Task, now: number): void {
    try {
      this.#parts.db.transaction(() => this.#put(task.name, this.#do(task, now)));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#put(task.name, { name: task.name, due: now + RETRY_MS, reason });
    }
  }

  /** Answers with what is to be done next, null for nothing until there is spend. */
  #do({ name, due }: Task, now: number): Task | null {
    if (name === 'budgets') return this.#checkBudgets(now);
    const { digests, zone } = this.#team();
    if (name === 'stalled') return this.#checkStalls(due, now);
    if (name === 'anomalies') {
      checkAnomalies(this.#parts.db, { now, zone });
      return null;
    }
    sayDigest(this.#parts.db, name, due, { now, zone });
    return { name, due: nextDigest(name, digests, Math.max(due, now - MAKE_UP_MS), zone), reason: null };
  }

  #checkStalls(due: number, now: number): Task | null {
    if (now > due + LATE_MS) return { name: 'stalled', due: now + LATE_MS, reason: null };
    const patience = this.#patience();
    if (patience.afterMs === 0) return null;
    const { told, forgotten, next } = checkStalls(this.#parts.db, patience);
    for (const session of told) this.#stalled.add(session);
    for (const session of forgotten) this.#stalled.delete(session);
    return next === null ? null : { name: 'stalled', due: Math.max(next, now + STALLS_EVERY_MS), reason: null };
  }

  #patience(): Patience {
    return { now: this.#parts.now(), afterMs: this.#team().stalledAfterMin * 60_000 };
  }

  #resume(events: string): boolean {
    const { db } = this.#parts;
    const said = new Set((JSON.parse(events) as LoggedEvent[]).map(({ session }) => session));
    const stalled = [...this.#stalled].filter((session) => said.has(session));
    if (stalled.length === 0) return false;
    const resumed = db.transaction(() => resumeSessions(db, stalled, this.#patience()));
    for (const session of resumed) this.#stalled.delete(session);
    return resumed.length > 0;
  }

  #expectSilence(): void {
    const { now, afterMs } = this.#patience();
    if (afterMs > 0) this.#expect('stalled', now + afterMs);
  }

  #checkBudgets(now: number): null {
    const { zone } = this.#team();
    const today = periodOf(now, zone, 'day').start;
    if (this.#kept.before !== today) this.#kept = nothingKept(today);
    const lookAhead = now >= this.#lookedAhead + LOOK_EVERY_MS;
    const standings = checkBudgets(this.#parts.db, { now, zone }, { lookAhead, kept: this.#kept });
    if (lookAhead) this.#lookedAhead = now;
    this.#alerts = this.#alertsOf(standings);
    return null;
  }

  #alertsOf(standings: readonly Standing[]) {
    const all = alertsOf(standings);
    const scopes = all.map(({ scope }) => scope);
    return { all, names: readProjectNames(this.#parts.db, scopes) };
  }

  /** A digest that was to come today is not lost because somebody moves the hour to one that has passed. */
  #firstDue(kind: DigestKind, next: number): number {
    const before = this.#tasks.get(kind)?.due;
    if (before === undefined) return next;
    const [held, coming] = [before, next].map((due) => periodOf(due, this.#team().zone, STEP_OF[kind]).start);
    return (held ?? 0) < (coming ?? 0) ? before : next;
  }

  #expect(name: TaskName, due: number): void {
    if (!this.#tasks.has(name)) this.#put(name, { name, due, reason: null });
  }

  #put(name: TaskName, task: Task | null): void {
    const { db } = this.#parts;
    if (task === null) {
      if (this.#tasks.delete(name)) deleteTask(db, name);
      return;
    }
    writeTask(db, task);
    this.#tasks.set(name, task);
  }

  #team(): TeamRow {
    const team = this.#parts.team();
    if (team === null) throw new Error('there is nothing to watch before there is a team');
    return team;
  }
}
