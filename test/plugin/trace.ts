// Replays what a real OpenCode 1.18.33 published, recorded with `test/fixtures/traces`.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { normalise, remember } from '../../plugin/normalise.ts';
import type { Fact } from '../../plugin/normalise.ts';

export interface Recorded {
  readonly t: number;
  readonly id: string;
  readonly type: string;
  readonly properties: unknown;
}

export function readTrace(file: string): readonly Recorded[] {
  const path = join(import.meta.dirname, '..', 'fixtures', 'traces', `${file}.jsonl`);
  return readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Recorded);
}

export function replay(events: readonly Recorded[], titles = false): readonly Fact[] {
  const memory = remember(titles, null);
  return events.flatMap((event) => {
    const fact = normalise(event, memory, event.t, () => 'gl_made');
    return fact === null ? [] : [fact];
  });
}

/** One line for each fact: what a person would compare. */
export function digest(fact: Fact): string {
  return [fact.type, ...details(fact)].filter(Boolean).join(' ');
}

function details(fact: Fact): readonly (string | number | null | undefined)[] {
  if (fact.type === 'session.status') return fact.data.status === 'retry' ? ['retry', fact.data.attempt] : ['busy'];
  if (fact.type === 'session.error') return [fact.data.error.name, fact.data.error.status];
  if (fact.type === 'permission.asked') return [fact.data.permission];
  if (fact.type === 'permission.replied') return [fact.data.reply];
  if (fact.type !== 'message.updated') return [];
  const { kind, cost_usd, completed_at, copied, error } = fact.data;
  return [kind, cost_usd, completed_at ? 'completed' : 'unfinished', copied ? 'copied' : '', error?.name];
}
