// `gasline costs`: what the team spent, as a table that fits, as CSV, or as the relay said it.

import { command, DONE, done, failed, type Io, misused, type Options, type Outcome, type Values } from './command.ts';
import { connect, CONNECTION, type Connection } from './connection.ts';
import { csv } from './csv.ts';
import { type DimensionName, type GroupName, GROUPS, NAMES } from './dimension.ts';
import { notesOf, type Unpriced } from './notes.ts';
import { painter } from './paint.ts';
import { ask } from './relay.ts';
import { report, type Step, STEPS } from './report.ts';
import { SPAN, spanOf } from './span.ts';
import { safeJson } from './text.ts';
import { readUsage, type Usage } from './usage.ts';

const FILTERS = Object.fromEntries(
  NAMES.map((name) => [name, { type: 'string', value: 'name', about: null }]),
) as Readonly<Record<DimensionName, { readonly type: 'string'; readonly value: string; readonly about: null }>>;

const OPTIONS = {
  by: { type: 'string', short: 'b', value: 'name[,name]', about: `groups by one or two of: see below` },
  step: { type: 'string', value: 'step', about: `${STEPS.join(', ')}; default: day, with --by total` },
  ...SPAN,
  session: { type: 'string', value: 'id', about: 'of this session and the sub-agents below it' },
  own: { type: 'boolean', about: 'of the session alone' },
  trees: { type: 'boolean', about: 'with --by session: each that a person began, with all below it' },
  limit: { type: 'string', short: 'n', value: 'count', about: 'names so many, the dearest, and sums up the rest' },
  compact: { type: 'boolean', about: 'tokens and cost only' },
  json: { type: 'boolean', about: "the relay's own answer, exact" },
  csv: { type: 'boolean', about: 'every figure, exact' },
  ...CONNECTION,
  ...FILTERS,
} as const satisfies Options;

export const costs = command({
  summary: 'What the team spent',
  notes: [
    'To group by, as is session, and as options to filter by (--model claude-opus-4-6):',
    ...[NAMES.slice(0, 10), NAMES.slice(10)].map((names) => `  ${names.join(', ')}`),
  ],
  options: OPTIONS,
  run,
});

interface Question {
  readonly step: Step;
  readonly by: readonly GroupName[];
  readonly limit: number | null;
}

async function run(values: Values<typeof OPTIONS>, io: Io): Promise<Outcome> {
  const question = questionOf(values);
  if (question.kind !== 'done') return question;
  const connection = connect(values, io, 'read');
  if (connection.kind !== 'done') return connection;
  const span = await spanOf(values, connection.value, io);
  if (span.kind !== 'done') return span;

  const { step, by, limit } = question.value;
  const { session, own } = values;
  const filters = Object.fromEntries(NAMES.map((name) => [name, values[name]]));
  const query = { ...span.value, zone: values.zone, session, scope: own === true ? 'own' : undefined, ...filters };
  const parts = {
    group_by: by.length === 0 ? undefined : by.join(','),
    step: step === 'total' ? undefined : step,
    ...(values.trees === true ? { scope: 'inclusive' } : {}),
  };
  const answer = await ask(connection.value, { path: 'v1/usage', query: { ...query, ...parts } }, io);
  if (answer.kind !== 'done') return answer;
  if (values.json === true) {
    io.stdout(`${safeJson(answer.value.text)}\n`);
    return DONE;
  }
  const usage = readUsage(answer.value.json, by);
  if (usage === null) return failed('the relay answers in a form not known here: is one of the two newer?');
  if (values.csv === true) {
    io.stdout(csv(usage, by));
    return DONE;
  }
  const unpriced = await unpricedOf(usage, connection.value, query, io);
  const paint = painter(io);
  const lines = report(usage, { step, by, limit, compact: values.compact === true, columns: io.columns }, paint);
  io.stdout([...lines, ...notesOf(usage.total, unpriced, io.columns, paint), ''].join('\n'));
  return DONE;
}

function questionOf(values: Values<typeof OPTIONS>): Outcome<Question> {
  const words = values.by === undefined ? [] : values.by.split(',').map((word) => word.trim());
  const by = words.flatMap((word) => (Object.hasOwn(GROUPS, word) ? [word as GroupName] : []));
  const unknown = words.find((word) => !Object.hasOwn(GROUPS, word));
  if (unknown !== undefined) return misused(`--by takes ${Object.keys(GROUPS).join(', ')}, got ${unknown}`);
  const step = STEPS.find((step) => step === (values.step ?? (by.length === 0 ? 'day' : 'total')));
  if (step === undefined) return misused(`--step must be one of ${STEPS.join(', ')}, got ${values.step}`);
  const { limit, json, csv, session, own, trees } = values;
  if (limit !== undefined && !/^[1-9]\d{0,5}$/.test(limit))
    return misused(`--limit must be a number from 1, got ${limit}`);
  if (json === true && csv === true) return misused('--json and --csv exclude each other');
  if (limit !== undefined && (json === true || csv === true)) return misused('--limit is for the table alone');
  if (limit !== undefined && by.length === 0) return misused('--limit needs --by');
  if (trees === true && (session !== undefined || !by.includes('session')))
    return misused('--trees needs --by session, and no --session');
  if (own === true && session === undefined) return misused('--own needs --session');
  return done({ step, by, limit: limit === undefined ? null : Number(limit) });
}

/** The models without a known price, by name; only asked for where there are any. */
async function unpricedOf(
  { total }: Usage,
  connection: Connection,
  query: Readonly<Record<string, string | undefined>>,
  io: Io,
): Promise<readonly Unpriced[]> {
  if (total.unpriced_messages === 0) return [];
  const by = ['provider', 'model'] as const;
  const answer = await ask(connection, { path: 'v1/usage', query: { ...query, group_by: by.join(',') } }, io);
  const usage = answer.kind === 'done' ? readUsage(answer.value.json, by) : null;
  return (usage?.rows ?? [])
    .filter(({ unpriced_messages: messages }) => messages > 0)
    .map(({ labels, unpriced_messages: messages }) => ({
      model: [labels.provider, labels.model].map((name) => name ?? '?').join('/'),
      messages,
    }));
}
