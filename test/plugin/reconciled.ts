// `gasline reconcile` run over a database that a test wrote, beside a relay that holds what the test says.
import { hostname } from 'node:os';

import { expect } from 'vitest';

import { nanoOf } from '../../plugin/cli/figure.ts';
import { reconcile } from '../../plugin/cli/reconcile.ts';
import { run } from '../../plugin/cli/run.ts';
import { START, type Past } from '../support/past.ts';

const DAY_MS = 86_400_000;

interface Entry {
  readonly message: string;
  readonly cost_usd: string | null;
  readonly basis?: string;
  readonly list_usd?: string | null;
  readonly state?: string;
  readonly at?: number;
  readonly host?: string;
}

interface Held {
  readonly entries?: readonly Entry[];
  readonly cost_usd?: string | null;
  readonly parent?: string;
  readonly status?: string;
}

type Ledger = Readonly<Record<string, Held>>;

/** A relay that has these sessions. */
function relay(sessions: Ledger): typeof globalThis.fetch {
  const costOf = ({ entries = [], cost_usd }: Held): string | null =>
    cost_usd === undefined ? String(entries.reduce((sum, entry) => sum + Number(entry.cost_usd), 0)) : cost_usd;
  const show = ([id, held]: readonly [string, Held]) => ({
    id,
    parent: held.parent ?? null,
    status: held.status ?? 'idle',
    cost_usd: costOf(held),
  });
  const answer = (url: URL): unknown => {
    const id = url.pathname.split('/')[3];
    if (id === undefined) return { sessions: Object.entries(sessions).map(show), next: null };
    const held = sessions[id] ?? {};
    const entries = (held.entries ?? []).map(({ at = START, ...entry }) => {
      return { basis: 'reported', state: 'kept', host: hostname(), ...entry, at: new Date(at).toISOString() };
    });
    return { ...show([id, held]), entries };
  };
  return ((url: URL) => Promise.resolve(Response.json(answer(url)))) as typeof globalThis.fetch;
}

export async function reconcileWith(past: Past, sessions: Ledger, words: readonly string[] = ['--json']) {
  const output = { stdout: '', stderr: '' };
  const code = await run({ reconcile }, ['reconcile', ...words], {
    stdout: (text) => void (output.stdout += text),
    stderr: (text) => void (output.stderr += text),
    env: { ...past.env, GASLINE_URL: 'http://127.0.0.1:9', GASLINE_READ_TOKEN: 'gl_read_acme_t1_secret_mac' },
    fetch: relay(sessions),
    now: () => START + 40 * DAY_MS,
    columns: null,
    isTTY: false,
    interruption: () => new AbortController().signal,
  });
  return { code, ...output };
}

interface Told {
  readonly tool: string;
  readonly usd: string;
  readonly causes: readonly { readonly cause: string; readonly usd: string }[];
}

/** By tool: its figure, and what each cause adds to the ledger's. */
export async function told(past: Past, sessions: Ledger) {
  const { code, stdout } = await reconcileWith(past, sessions);
  expect(code).toBe(0);
  const { tools, ...figures } = JSON.parse(stdout) as { tools: readonly Told[]; machine_usd: string };
  for (const { usd, causes } of tools) {
    const sum = causes.reduce((all, { usd: part }) => all + (nanoOf(part) ?? 0n), nanoOf(figures.machine_usd) ?? 0n);
    expect(sum).toBe(nanoOf(usd));
  }
  const byTool = tools.map(({ tool, usd, causes }) => [
    tool,
    { usd, ...Object.fromEntries(causes.map(({ cause, usd: part }) => [cause, part])) },
  ]);
  return { figures, ...Object.fromEntries(byTool) };
}
