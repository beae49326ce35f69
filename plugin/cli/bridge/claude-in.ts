// The town's own costs.jsonl, on its way into the ledger of the relay.

import { failed } from '../command.ts';
import { attempt } from '../relay.ts';
import { readUsage } from '../usage.ts';
import { CLAUDE_MODEL, readClaude } from './claude-line.ts';
import { type Feeding, feed } from './feeding.ts';
import type { Part, Work } from './work.ts';

const BACK_MS = 35 * 86_400_000;

export function claudeIn(work: Work): Part {
  const { costsFile: path, name: town } = work.town;
  const read: Feeding['read'] = (line, carry) => readClaude(line, carry, town);
  const feeding: Feeding = { name: 'claude', path, begin: () => begin(work), read };
  return () => feed(work, feeding);
}

/** A bridge that has lost its state must not charge again what the one before it did: the relay knows whether there was one. */
async function begin({ read, io, town }: Work): ReturnType<Feeding['begin']> {
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);
  const span = { from: day(io.now() - BACK_MS), to: day(io.now() + 2 * 86_400_000), zone: 'UTC' };
  const query = { ...span, town: town.name, model: CLAUDE_MODEL };
  const answer = await attempt(read, { path: 'v1/usage', query }, io);
  if (answer.kind !== 'done') return answer;
  const usage = readUsage(answer.value.json, []);
  if (usage === null) return failed('the relay answers in a form not known here: is one of the two newer?');
  return { kind: 'begin', at: usage.total.messages > 0 ? 'end' : 'start' };
}
