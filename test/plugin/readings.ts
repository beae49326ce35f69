// Reads what a test put into a past.

import { openHistory, type History } from '../../plugin/cli/history/history.ts';
import { findHistory } from '../../plugin/cli/history/place.ts';
import type { Reading } from '../../plugin/cli/history/record.ts';
import { START, type Past } from '../support/past.ts';

export const NOW = START + 40 * 86_400_000;

export async function historyOf({ env }: Past, since = 0): Promise<History> {
  const place = findHistory(undefined, env);
  if (place.kind !== 'done') throw new Error(place.problem);
  const history = await openHistory(place.value, since);
  if (history.kind !== 'done') throw new Error(history.problem);
  return history.value;
}

export async function readingsOf(made: Past, since = 0): Promise<readonly Reading[]> {
  const history = await historyOf(made, since);
  const records = [...history.pages(null, NOW)].flatMap((page) => page.records);
  history.close();
  return records;
}

/** Reads only what costs something, as a map from its id. */
export async function read(made: Past): Promise<Record<string, unknown>> {
  const told = (await readingsOf(made)).flatMap((reading) => {
    if (reading.kind === 'nothing') return [];
    return [[reading.row.id, reading.kind === 'malformed' ? reading.reason : reading] as const];
  });
  return Object.fromEntries(told);
}
