// A Gas Town in a folder: what a bridge looks for, and a `gt` that keeps its mail there.

import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const SHIM = join(import.meta.dirname, 'gt-shim.ts');

export interface TownMail {
  readonly id: string;
  readonly to: string;
  readonly subject: string;
  readonly body: string;
  readonly labels: string;
  readonly priority: string;
}

export interface GasTown {
  readonly root: string;
  readonly name: string;
  readonly home: string;
  readonly gt: string;
  readonly costsFile: string;
  /** Of a bridge in this town. */
  readonly env: Readonly<Record<string, string>>;
  /** What was sent in it, in order. */
  readonly mails: () => readonly TownMail[];
  /** The words of each call of `gt`. */
  readonly calls: () => readonly (readonly string[])[];
  readonly nudged: () => readonly string[];
  /** Messages whose delivery it has written down, as somebody looked at them. */
  readonly acknowledged: () => readonly string[];
  readonly odd: (oddity: string | null) => void;
  readonly append: (file: string, ...lines: readonly object[]) => void;
  readonly remove: () => void;
}

export function makeTown(name = 'lab'): GasTown {
  const home = mkdtempSync(join(tmpdir(), 'gasline-town-'));
  const root = join(home, name);
  for (const folder of ['mayor', 'app/crew/max', 'app/polecats/Toast', '.shim']) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  writeFileSync(join(root, 'mayor', 'town.json'), JSON.stringify({ type: 'town', version: 2, name: 'Laboratory' }));
  const rigs = { app: { git_url: 'https://example.com/acme/app', beads: { repo: 'local', prefix: 'ap' } } };
  writeFileSync(join(root, 'mayor', 'rigs.json'), JSON.stringify({ version: 1, rigs }));
  const gt = join(home, 'gt');
  writeFileSync(gt, `#!/bin/sh\nexec "${process.execPath}" --no-warnings "${SHIM}" "$@"\n`);
  chmodSync(gt, 0o755);
  const shim = join(root, '.shim');
  const lines = (file: string) =>
    existsSync(file)
      ? readFileSync(file, 'utf8')
          .trim()
          .split('\n')
          .filter((line) => line !== '')
      : [];
  return {
    root,
    name,
    home,
    gt,
    costsFile: join(home, '.gt', 'costs.jsonl'),
    env: { PATH: process.env['PATH'] ?? '', HOME: home, GT_ROOT: root, GASLINE_GT: gt, GASLINE_MEMBER: 'ann' },
    mails: () => lines(join(shim, 'mails.jsonl')).map((line) => JSON.parse(line) as TownMail),
    calls: () => lines(join(shim, 'calls.jsonl')).map((line) => JSON.parse(line) as string[]),
    nudged: () => readdirSync(shim).flatMap((file) => (file.startsWith('nudge-') ? file.slice('nudge-'.length) : [])),
    acknowledged: () => lines(join(shim, 'acknowledged')),
    odd(oddity) {
      if (oddity === null) rmSync(join(shim, 'oddity'), { force: true });
      else writeFileSync(join(shim, 'oddity'), oddity);
    },
    append(file, ...given) {
      const path = join(root, file);
      mkdirSync(dirname(path), { recursive: true });
      appendFileSync(path, given.map((line) => `${JSON.stringify(line)}\n`).join(''));
    },
    remove: () => rmSync(home, { recursive: true, force: true }),
  };
}
