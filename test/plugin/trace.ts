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
  switch (fact.type) {
    case 'session.status':
      return `${fact.type} ${fact.data.status}${fact.data.status === 'retry' ? ` ${fact.data.attempt}` : ''}`;
    case 'session.error':
      return `${fact.type} ${fact.data.error.name} ${fact.data.error.status}`;
    case 'message.updated': {
      const { kind, cost_usd, completed_at, copied, error } = fact.data;
      const words = [
        fact.type,
        kind,
        cost_usd,
        completed_at ? 'completed' : 'unfinished',
        copied ? 'copied' : '',
        error?.name,
      ];
      return words.filter(Boolean).join(' ');
    }
    case 'permission.asked':
      return `${fact.type} ${fact.data.permission}`;
    case 'permission.replied':
      return `${fact.type} ${fact.data.reply}`;
    default:
      return fact.type;
  }
}
