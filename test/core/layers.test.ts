// The linter's rules on who may import whom, tried on imports that are planted in a copy of the tree.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');
const OXLINT = join(ROOT, 'node_modules', 'oxlint', 'bin', 'oxlint');

type Plant = readonly [folder: string, line: string];

const value = (from: string) => `import { a } from '${from}'; export const b = a;`;
const type = (from: string) => `import type { A } from '${from}'; export type B = A;`;

const REFUSED: readonly Plant[] = [
  ['worker/ledger', value('../team.ts')],
  ['worker/ledger', value('../desk.ts')],
  ['worker/ledger', value('../archive.ts')],
  ['worker/ledger', type('../repricing.ts')],
  ['worker/ledger', value('../store/log.ts')],
  ['worker/ledger', value('../delivery/send.ts')],
  ['worker/ledger', value('hono')],
  ['worker/ledger', value('node:fs')],
  ['worker/ledger', value('node:fs/promises')],
  ['worker/ledger', value('cloudflare:workers')],
  ['worker/ledger', value('../../plugin/spool.ts')],
  ['worker/ledger', value('../event/../desk.ts')],
  ['worker/ledger', value('./../desk.ts')],
  ['worker/ledger', "export * from '../desk.ts';"],
  ['worker/ledger', "export const b = await import('../desk.ts');"],
  ['worker/event', value('../destination/webhook.ts')],
  ['worker/access', value('../api/problem.ts')],
  ['worker/mcp', value('../api/mcp-tools.ts')],
  ['worker/mcp', value('hono')],
  ['worker/budget', value('../watch.ts')],
  ['worker/delivery', value('../courier.ts')],
  ['worker/delivery', type('../store/delivery.ts')],
  ['worker/destination', value('../../test/support/until.ts')],
  ['worker/store', value('../api/problem.ts')],
  ['worker/store', type('../desk.ts')],
  ['worker/store', value('../embedded/relay.ts')],
  ['worker/api', value('../desk.ts')],
  ['worker/api', type('../team.ts')],
  ['worker/api', value('../dispatcher.ts')],
  ['worker/api', value('../embedded/lock.ts')],
  ['worker/embedded', value('../store/open.ts')],
  ['worker/embedded', value('../team.ts')],
  ['worker', value('./embedded/relay.ts')],
  ['worker', value('node:fs')],
  ['plugin', value('../worker/result.ts')],
  ['plugin', value('valibot')],
  ['plugin/cli/history', value('../../../worker/ledger/money.ts')],
  ['plugin/cli', value('../../test/support/until.ts')],
];

const ALLOWED: readonly Plant[] = [
  ['worker/ledger', value('../event/event.ts')],
  ['worker/ledger', value('../../plugin/contract.ts')],
  ['worker/ledger', value('temporal-polyfill/fns/Instant')],
  ['worker/delivery', value('../ledger/money.ts')],
  ['worker/store', value('../delivery/schedule.ts')],
  ['worker/api', type('../desk.ts')],
  ['worker/api', value('../store/log.ts')],
  ['worker/api', value('../mcp/respond.ts')],
  ['worker/api', value('hono/accepts')],
  ['worker/embedded', value('node:timers/promises')],
  ['worker', value('./store/open.ts')],
  ['worker', value('./desk.ts')],
  ['plugin/cli/history', value('../../contract.ts')],
];

const PLANTS = [...REFUSED, ...ALLOWED];
let folder: string;
let flagged: ReadonlySet<string>;

function fileOf(index: number): string {
  return `${PLANTS[index]?.[0]}/planted-${index}.ts`;
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gasline-layers-'));
  copyFileSync(join(ROOT, '.oxlintrc.json'), join(folder, '.oxlintrc.json'));
  for (const [index, [, line]] of PLANTS.entries()) {
    const file = join(folder, fileOf(index));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${line}\n`);
  }
  const { stdout } = spawnSync(process.execPath, [OXLINT, '--format', 'json'], { cwd: folder, encoding: 'utf8' });
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: readonly { code: string; filename: string }[] };
  const refusals = diagnostics.filter(({ code }) => code.endsWith('(no-restricted-imports)'));
  flagged = new Set(refusals.map(({ filename }) => filename));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each(REFUSED.map(([where, line], index) => [where, line, index] as const))(
  'in %s the linter refuses %s',
  (_where, _line, index) => {
    expect(flagged).toContain(fileOf(index));
  },
);

test.each(ALLOWED.map(([where, line], index) => [where, line, REFUSED.length + index] as const))(
  'in %s the linter allows %s',
  (_where, _line, index) => {
    expect(flagged).not.toContain(fileOf(index));
  },
);
