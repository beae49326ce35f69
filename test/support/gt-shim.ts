// Stands for `gt` v1.0.1 where there is none: what it prints and how it ends, with its oddities, on a folder of JSON in the town. It
// holds mail as beads do, with labels in one text that commas part. The file `.shim/oddity` makes it misbehave.

import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { TownMail } from './gas-town.ts';

const root = process.cwd();
const folder = join(root, '.shim');
const store = join(folder, 'mails.jsonl');
const acknowledged = join(folder, 'acknowledged');
mkdirSync(folder, { recursive: true });

const [area = '', verb = '', ...rest] = process.argv.slice(2);
const oddity = existsSync(join(folder, 'oddity')) ? readFileSync(join(folder, 'oddity'), 'utf8').trim() : '';
appendFileSync(join(folder, 'calls.jsonl'), `${JSON.stringify(process.argv.slice(2))}\n`);

const FLAGS: Readonly<Record<string, 'text' | 'switch'>> = {
  from: 'text',
  subject: 'text',
  priority: 'text',
  type: 'text',
  identity: 'text',
  cc: 'text',
  'reply-to': 'text',
  mode: 'text',
  stdin: 'switch',
  json: 'switch',
  unread: 'switch',
  permanent: 'switch',
  'no-notify': 'switch',
};

interface Stored extends TownMail {
  readonly timestamp: string;
}

/** As cobra takes them: a word that begins with a dash is a flag that is known, or an error. */
function parse(words: readonly string[]): { readonly flags: Map<string, string>; readonly words: readonly string[] } {
  const flags = new Map<string, string>();
  const plain: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    const [, name = '', value] = /^--([^=]*)(?:=([^]*))?$/.exec(word) ?? [];
    if (!word.startsWith('-')) plain.push(word);
    else if (FLAGS[name] === 'switch') flags.set(name, 'true');
    else if (FLAGS[name] === 'text') flags.set(name, value ?? words[(at += 1)] ?? '');
    else fail(`Error: unknown flag: ${word}`);
  }
  return { flags, words: plain };
}

function fail(line: string): never {
  process.stderr.write(`${line}\n`);
  process.exit(1);
}

/** Until somebody ends it. */
function hang(): never {
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000);
}

function mails(): readonly Stored[] {
  if (!existsSync(store)) return [];
  const lines = readFileSync(store, 'utf8').trim().split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Stored);
}

/** One oddity serves one call: the next goes well. */
function isOdd(name: string): boolean {
  if (oddity === `${name} once`) rmSync(join(folder, 'oddity'));
  return oddity === name || oddity === `${name} once`;
}

/** Of an embedded database, which lets one in at a time. */
const BUSY = 'Error: all sends failed: Error: embeddeddolt: another process holds the exclusive lock on .beads';
const KNOWN = /^(overseer|mayor\/?|deacon\/?|deacon\/dogs\/rex|app\/(witness|refinery|Toast|max))$/;

function send(): void {
  const { flags, words } = parse(rest);
  const [to = ''] = words;
  const subject = flags.get('subject') ?? '';
  if (words.length !== 1) fail('Error: accepts at most 1 arg(s)');
  if (subject === '') fail('Error: required flag(s) "subject" not set');
  if (subject.startsWith('-'))
    fail(`Error: sending message: Error: title "${subject}" looks like a flag (starts with '-').`);
  if (!KNOWN.test(to)) fail(`Error: unknown recipient: ${to} (no matching agent or workspace found)`);
  if (isOdd('refuses')) fail('Error: sending message: bd create: Error: dolt server unreachable');
  if (isOdd('is busy')) fail(BUSY);
  if (isOdd('hangs before')) hang();
  const body = flags.has('stdin') ? readFileSync(0, 'utf8').replace(/\n+$/, '') : '';
  const labels = [`from:${flags.get('from') ?? 'overseer'}`, `msg-type:${flags.get('type') ?? 'notification'}`];
  for (const name of ['cc', 'reply-to']) if (flags.has(name)) labels.push(`${name}:${flags.get(name)}`);
  const mail: Stored = {
    id: `hq-wisp-${(mails().length + 1).toString(36)}`,
    to,
    subject,
    body,
    labels: labels.join(','),
    priority: flags.get('priority') ?? '2',
    timestamp: new Date().toISOString(),
  };
  appendFileSync(store, `${JSON.stringify(mail)}\n`);
  if (isOdd('kills after')) process.kill(process.ppid, 'SIGKILL');
  if (isOdd('hangs after')) hang();
  // It has ended a `bd` that took longer than a minute.
  if (isOdd('says no after')) fail('Error: all sends failed: sending message: signal: killed');
  process.stdout.write(`\u001B[1m✓\u001B[0m Message sent to ${to}\n  Subject: ${subject}\n`);
}

/** Lines of today by the day in their own text, summed; text where there are none, whatever was asked for. */
function costs(): void {
  const home = process.env['GT_HOME'] ?? process.env['HOME'] ?? '';
  const file = join(home, '.gt', 'costs.jsonl');
  const now = new Date();
  const today = [now.getFullYear(), now.getMonth() + 1, now.getDate()]
    .map((part) => part.toString().padStart(2, '0'))
    .join('-');
  const entries = (existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []).flatMap((line) => {
    try {
      const entry = JSON.parse(line) as { ended_at: string; role: string; rig?: string; cost_usd: number };
      return entry.ended_at.startsWith(today) ? [entry] : [];
    } catch {
      return [];
    }
  });
  if (entries.length === 0) {
    process.stdout.write('No cost data found. Costs are recorded when sessions end.\n');
    return;
  }
  const sums = (key: 'role' | 'rig') => {
    const by: Record<string, number> = {};
    for (const entry of entries) if (entry[key]) by[entry[key]] = (by[entry[key]] ?? 0) + entry.cost_usd;
    return by;
  };
  const total_usd = entries.reduce((sum, entry) => sum + entry.cost_usd, 0);
  process.stdout.write(
    JSON.stringify({ total_usd, by_role: sums('role'), by_rig: sums('rig'), period: 'today' }, null, 2),
  );
}

const PRIORITIES = ['urgent', 'high', 'normal', 'low'];

function inbox(): void {
  const { flags, words } = parse(rest);
  const address = flags.get('identity') ?? words[0] ?? 'overseer';
  if (isOdd('inbox fails')) fail('Error: bd list: Error: dolt server unreachable');
  if (isOdd('is busy')) fail(BUSY);
  if (isOdd('inbox hangs')) hang();
  if (isOdd('inbox is text')) {
    process.stdout.write(`📬 Inbox: ${address} (0 messages, 0 unread)\n\n  (no messages)\n`);
    return;
  }
  const found = mails().filter(
    ({ to, labels }) =>
      to.replace(/\/$/, '') === address.replace(/\/$/, '') || labels.split(',').includes(`cc:${address}`),
  );
  const seen = existsSync(acknowledged) ? readFileSync(acknowledged, 'utf8').split('\n') : [];
  const shown = found.map(({ id, to, subject, body, labels, priority, timestamp }) => {
    // A label is whatever stands between two commas.
    const all = labels.split(',');
    const label = (name: string) => all.find((one) => one.startsWith(`${name}:`))?.slice(name.length + 1);
    return {
      id,
      from: label('from'),
      to,
      subject,
      body,
      timestamp,
      read: all.includes('read'),
      priority: PRIORITIES[Number(priority)],
      type: label('msg-type'),
      delivery_state: seen.includes(id) ? 'acked' : 'pending',
      thread_id: `thread-${id}`,
      reply_to: label('reply-to'),
      ...(label('cc') === undefined ? {} : { cc: [label('cc')] }),
    };
  });
  appendFileSync(acknowledged, found.map(({ id }) => `${id}\n`).join(''));
  if (isOdd('inbox is noisy')) process.stdout.write('⚠ bd: [warning] schema is behind\n{ not json\n');
  process.stdout.write(`${JSON.stringify(shown.toReversed(), null, 2)}\n`);
}

/** The only look into a mailbox that leaves it as it is. */
function check(): void {
  const { flags } = parse(rest);
  const address = flags.get('identity') ?? 'overseer';
  if (!flags.has('json')) process.exit(1);
  const unread = mails().filter(({ to }) => to.replace(/\/$/, '') === address.replace(/\/$/, '')).length;
  process.stdout.write(JSON.stringify({ address, has_new: unread > 0, unread }, null, 2));
}

const SESSIONS = /^(mayor|deacon|hq-dog-\w+|app\/(witness|refinery|Toast|max))$/;

/** Nothing but `wait-idle` reaches an agent that is idle: nobody looks into a queue for it. */
function nudge(): void {
  const { flags } = parse(rest);
  const to = verb.replace(/\/$/, '');
  if (isOdd('no tmux') || !SESSIONS.test(to))
    fail(`Error: session "${to}" not found (cannot queue nudge for nonexistent session)`);
  if (isOdd('nudge hangs')) hang();
  const place = flags.get('mode') === 'queue' ? 'queued' : 'nudge';
  writeFileSync(join(folder, `${place}-${to.replaceAll('/', '_')}`), readFileSync(0, 'utf8'));
}

if (area === '--version') process.stdout.write('gt version 1.0.1 (shim)\n');
else if (area === 'costs') costs();
else if (area === 'mail' && verb === 'send' && rest.includes('--help')) {
  process.stdout.write('Flags:\n      --from string   Override sender address (for relay/bridge use)\n');
} else if (area === 'mail' && verb === 'send') send();
else if (area === 'mail' && verb === 'inbox') inbox();
else if (area === 'mail' && verb === 'check') check();
else if (area === 'nudge') nudge();
else fail(`Error: unknown command "${area}" for "gt"`);
