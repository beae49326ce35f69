// What is said of a budget: as an event in the log, and to the plugin of whoever spends.
import type { BudgetAlert, Source } from '../../plugin/contract.ts';
import { formatUsd } from '../ledger/money.ts';
import { isReached, percentOf, type Budget, type ProjectNames, type Scope, type Standing } from './budget.ts';
import { FORECAST, type Mark } from './crossing.ts';
import type { Forecast } from './forecast.ts';

export interface Notice {
  readonly type: 'budget.threshold' | 'budget.forecast';
  readonly data: object;
}

/** A budget and how much of it is used, as every event about it tells. */
export function describe({ budget, period, spent }: Standing) {
  return {
    budget: budget.id,
    name: budget.name,
    scope: budget.scope,
    period: budget.period,
    from: iso(period.start),
    to: iso(period.end),
    limit_usd: formatUsd(budget.limit),
    spent_usd: formatUsd(spent),
    percent: percentOf(spent, budget.limit),
  };
}

export function noticeOf(standing: Standing, mark: Mark, forecast: Forecast | null): Notice {
  const about = describe(standing);
  if (mark !== FORECAST) return { type: 'budget.threshold', data: { ...about, threshold: mark } };
  return { type: 'budget.forecast', data: { ...about, forecast_usd: forecastUsd(forecast) } };
}

export function forecastUsd(forecast: Forecast | null): string | null {
  return forecast?.kind === 'known' ? formatUsd(forecast.nano) : null;
}

export type Alert = BudgetAlert & Pick<Budget, 'scope'>;

/** What plugins are to be told, from the standings of the running periods. */
export function alertsOf(standings: readonly Standing[]): Alert[] {
  return standings.flatMap(({ budget, period, spent }) => {
    const { id, name, scope, action, limit, thresholds } = budget;
    if (action === 'none' || !isReached(Math.min(100, thresholds.at(-1) ?? 100), spent, limit)) return [];
    const percent = percentOf(spent, limit);
    const of = `$${shortUsd(spent)} of $${shortUsd(limit)}`;
    const message = `Budget "${name}" is at ${percent} % of its ${budget.period}: ${of}`;
    // Nobody is stopped below the limit, whatever the last threshold is.
    return [{ id, name, action: percent >= 100 ? action : 'warn', scope, percent, until: iso(period.end), message }];
  });
}

/** Whether a source's spend is under a budget as far as the source alone tells. */
export function concerns(scope: Scope | null, { member, project }: Source, names: ProjectNames): boolean {
  if (scope === null) return true;
  if (scope.by === 'member') return scope.value === member;
  if (scope.by !== 'project' || project === null) return false;
  return [project.id, project.name].includes(scope.value) || (names.get(scope.value)?.has(project.id) ?? false);
}

/** In whole cents, as a person reads it; less than one to the last digit. */
function shortUsd(nano: bigint): string {
  if (nano < 10_000_000n) return nano === 0n ? '0.00' : formatUsd(nano);
  const cents = (nano / 10_000_000n).toString().padStart(3, '0');
  return `${cents.slice(0, -2)}.${cents.slice(-2)}`;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
