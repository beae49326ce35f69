// Where budgets stand, and the saying of what they have reached: each mark once a period, in one transaction with its event.
import type { Budget, Standing } from '../budget/budget.ts';
import { newMarks, rearmed, type Mark } from '../budget/crossing.ts';
import { forecastOf, type Forecast } from '../budget/forecast.ts';
import { noticeOf } from '../budget/notice.ts';
import { periodOf, periodsOf, weekdayOf, type Period } from '../ledger/period.ts';
import { listBudgets, moveSaid, forgetSaid, readSaid, writeBudget, writeSaid } from './budgets.ts';
import type { Database } from './database.ts';
import { emit, type OwnEvent } from './emit.ts';
import { daysAround, daySpend, readSpending, type Kept, type Moment } from './spending.ts';

/** Spend that comes later than this after a period's end is a correction of the books and no news any more. */
const LATE_MS = 7 * 24 * 3_600_000;

export interface BudgetState extends Standing {
  readonly forecast: Forecast;
  readonly said: readonly Mark[];
}

interface Look {
  readonly lookAhead: boolean;
  readonly kept: Kept;
}

/** Says what has been reached, and answers with where the running periods stand. */
export function checkBudgets(db: Database, moment: Moment, { lookAhead, kept }: Look): Standing[] {
  return db.transaction(() => {
    const budgets = listBudgets(db);
    const running = readStandings(db, budgets, moment, kept);
    const foretell = lookAhead ? readForecasts(db, budgets, moment, kept) : null;
    const events: OwnEvent[] = [];
    for (const standing of [...readJustOver(db, budgets, moment, kept), ...running]) {
      const forecast = standing.period.end > moment.now && foretell !== null ? foretell(standing) : null;
      for (const mark of newMarks(standing.budget, { spent: standing.spent, forecast }, readSaid(db, standing))) {
        writeSaid(db, standing, mark);
        events.push(noticeOf(standing, mark, forecast));
      }
    }
    emit(db, moment.now, events);
    return running;
  });
}

export function readStates(db: Database, budgets: readonly Budget[], moment: Moment): BudgetState[] {
  const standings = readStandings(db, budgets, moment);
  const forecast = readForecasts(db, budgets, moment);
  return standings.map((standing) => ({
    ...standing,
    forecast: forecast(standing),
    said: [...readSaid(db, standing)].toSorted((a, b) => a - b),
  }));
}

/** Gives a budget its new terms: what they no longer reach may be said once more. */
export function changeTerms(db: Database, changed: Budget, moment: Moment): void {
  db.transaction(() => {
    writeBudget(db, changed);
    for (const state of readStates(db, [changed], moment)) {
      for (const mark of rearmed(changed, state, new Set(state.said))) forgetSaid(db, state, mark);
    }
  });
}

export function changeZone(db: Database, now: number, from: string, to: string): void {
  for (const budget of listBudgets(db)) {
    const [before, after] = [from, to].map((zone) => periodOf(now, zone, budget.period).start);
    if (before !== undefined && after !== undefined) moveSaid(db, budget, before, after);
  }
}

/** In the periods that run at a moment. */
export function readStandings(
  db: Database,
  budgets: readonly Budget[],
  { now, zone }: Moment,
  kept?: Kept,
): Standing[] {
  return standingsIn(
    db,
    budgets.map((budget) => ({ budget, period: periodOf(now, zone, budget.period) })),
    kept,
  );
}

/** In the periods before, as long as they may still come to news. */
function readJustOver(db: Database, budgets: readonly Budget[], { now, zone }: Moment, kept: Kept): Standing[] {
  const over = budgets.map((budget) => {
    const { start } = periodOf(now, zone, budget.period);
    return { budget, period: periodOf(start - 1, zone, budget.period) };
  });
  return standingsIn(
    db,
    over.filter(({ budget, period }) => period.end > Math.max(budget.since, now - LATE_MS)),
    kept,
  );
}

function standingsIn(db: Database, all: readonly Pick<Standing, 'budget' | 'period'>[], kept?: Kept): Standing[] {
  const periods = new Map(all.map(({ period }) => [`${period.start}:${period.end}`, period]));
  const spending = readSpending(
    db,
    all.map(({ budget }) => budget.scope),
    [...periods.values()],
    kept,
  );
  return all.map(({ budget, period }) => {
    const { nano, unpriced } = spending(budget.scope, period);
    return { budget, period, spent: nano, unpriced };
  });
}

/** What standings of running periods will come to. */
function readForecasts(
  db: Database,
  budgets: readonly Budget[],
  moment: Moment,
  kept?: Kept,
): (standing: Standing) => Forecast {
  const { past, today } = daysAround(moment);
  const scopes = budgets.map(({ scope }) => scope);
  const spending = readSpending(db, scopes, [...past, today], kept);
  return ({ budget, period, spent }) => {
    const dayOf = daySpend(spending, budget.scope, moment.zone);
    const ahead = weekdaysOf({ start: today.end, end: period.end }, moment.zone);
    return forecastOf({ spent, today: dayOf(today), ahead, past: past.map(dayOf) });
  };
}

/** The weekdays of a range of whole days. */
function weekdaysOf(range: Period, zone: string): number[] {
  return (periodsOf(range, zone, 'day') ?? []).map(({ start }) => weekdayOf(start, zone));
}
