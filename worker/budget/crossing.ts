// Which marks of a budget have been reached and not been said yet. What was said in a period stays said, however spend goes up
// and down, until somebody changes the terms: then a mark that is no longer reached is armed again.
import { isReached, type Terms } from './budget.ts';
import type { Forecast } from './forecast.ts';

/** A threshold in per cent, or the forecast. */
export type Mark = number;
export const FORECAST: Mark = 0;

export interface Course {
  readonly spent: bigint;
  /** Null where nobody has looked ahead this time. */
  readonly forecast: Forecast | null;
}

/** In ascending order, the forecast first. */
export function newMarks(terms: Terms, course: Course, said: ReadonlySet<Mark>): Mark[] {
  const reached = terms.thresholds.filter((percent) => isReached(percent, course.spent, terms.limit));
  const marks = exceeds(terms, course) === true ? [FORECAST, ...reached] : reached;
  return marks.filter((mark) => !said.has(mark));
}

/** To be asked after the terms have changed. */
export function rearmed(terms: Terms, course: Course, said: ReadonlySet<Mark>): Mark[] {
  return [...said].filter((mark) =>
    mark === FORECAST ? exceeds(terms, course) === false : !isReached(mark, course.spent, terms.limit),
  );
}

/** Whether the limit will be passed, as far as anybody can say; once it is reached nothing is left to foretell. */
function exceeds({ limit }: Terms, { spent, forecast }: Course): boolean | null {
  if (forecast === null || forecast.kind === 'unknown' || isReached(100, spent, limit)) return null;
  return forecast.nano > limit;
}
