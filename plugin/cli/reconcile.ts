// `gasline reconcile`: why `opencode stats`, ccusage and tokscale show another figure for this machine than the relay's ledger.

import { dirname } from 'node:path';

import { command, done, DONE, type Outcome } from './command.ts';
import { connect, CONNECTION } from './connection.ts';
import { openHistory } from './history/history.ts';
import { findHistory } from './history/place.ts';
import { thisHost } from './history/whose.ts';
import { explain } from './reconcile/explain.ts';
import { readLedger } from './reconcile/ledger.ts';
import { readLocal } from './reconcile/local.ts';
import { runCcusage, runTokscale, type Measured } from './reconcile/measure.ts';
import { json, text } from './reconcile/show.ts';
import { TOOLS, type ToolName } from './reconcile/tools.ts';

const OPTIONS = {
  json: { type: 'boolean', about: 'the same for programs, exact' },
  db: { type: 'string', value: 'file', about: "another database than OpenCode's own" },
  ccusage: { type: 'string', value: 'program', about: 'runs it, instead of counting by its rule' },
  tokscale: { type: 'string', value: 'program', about: 'runs it, instead of counting by its rule' },
  ...CONNECTION,
} as const;

export const reconcile = command({
  summary: 'Why other tools show another figure for this machine, cause by cause',
  notes: ['Reads the database and asks the relay; sends nothing. All figures are exact, in whole nano-dollars.'],
  options: OPTIONS,
  async run(values, io) {
    const connection = connect(values, io, 'read');
    if (connection.kind !== 'done') return connection;
    const place = findHistory(values.db, io.env);
    if (place.kind !== 'done') return place;
    const history = await openHistory(place.value, 0);
    if (history.kind !== 'done') return history;
    const local = readLocal(history.value, io.now());
    history.value.close();
    const data = dirname(place.value.database ?? place.value.storage);
    const machine = { host: thisHost(), sessions: local.sessions };
    const ledger = await readLedger(connection.value, machine, io);
    if (ledger.kind !== 'done') return ledger;
    const measured = await measure(values, data, io.env);
    if (measured.kind !== 'done') return measured;
    const sessions = ledger.value;
    const explanations = TOOLS.map((tool) => explain(tool, local, sessions, measured.value.get(tool.name) ?? null));
    io.stdout((values.json === true ? json : text)({ host: machine.host, sessions, explanations }));
    return DONE;
  },
});

async function measure(
  { ccusage, tokscale }: { readonly ccusage?: string; readonly tokscale?: string },
  data: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Outcome<ReadonlyMap<ToolName, Measured>>> {
  const measured = new Map<ToolName, Measured>();
  const wanted = [
    ['ccusage', ccusage, runCcusage],
    ['tokscale', tokscale, runTokscale],
  ] as const;
  for (const [name, program, run] of wanted) {
    if (program === undefined) continue;
    const answer = await run(program, data, env);
    if (answer.kind !== 'done') return answer;
    measured.set(name, answer.value);
  }
  return done(measured);
}
