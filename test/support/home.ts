// An isolated home for OpenCode: its own folders, no network, no npm, nothing of the machine it runs on but PATH.

import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Home {
  readonly root: string;
  readonly env: NodeJS.ProcessEnv;
}

const off = [
  'AUTOUPDATE',
  'CLAUDE_CODE',
  'DEFAULT_PLUGINS',
  'EXTERNAL_SKILLS',
  'LSP_DOWNLOAD',
  'MODELS_FETCH',
  'SHARE',
  'TERMINAL_TITLE',
];

const certificate = fileURLToPath(new URL('../fixtures/loopback.crt', import.meta.url));

export function createHome(root: string): Home {
  const config = path.join(root, '.config');
  // An empty catalogue of models: reading the real one takes OpenCode two seconds at every start.
  const models = path.join(root, 'models.json');
  seedConfigFolder(path.join(config, 'opencode'));
  writeFileSync(models, '{}');
  return {
    root,
    env: {
      ...Object.fromEntries(off.map((name) => [`OPENCODE_DISABLE_${name}`, '1'])),
      PATH: process.env['PATH'],
      LANG: 'C.UTF-8',
      HOME: root,
      XDG_CONFIG_HOME: config,
      XDG_DATA_HOME: path.join(root, '.local/share'),
      XDG_STATE_HOME: path.join(root, '.local/state'),
      XDG_CACHE_HOME: path.join(root, '.cache'),
      TMPDIR: root,
      OPENCODE_MODELS_PATH: models,
      NODE_EXTRA_CA_CERTS: certificate,
      GIT_CONFIG_NOSYSTEM: '1',
      // Optimizing a program that lives for two seconds costs a third of its processor time.
      BUN_JSC_useDFGJIT: '0',
    },
  };
}

// With any plugin configured, OpenCode waits for `npm install @opencode-ai/plugin` in each folder that holds configuration,
// unless a manifest, a lock file that names it and a `node_modules` are there already.
function seedConfigFolder(folder: string): void {
  const dependencies = { '@opencode-ai/plugin': '1.18.33' };
  mkdirSync(path.join(folder, 'node_modules'), { recursive: true });
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ dependencies }));
  const lock = { name: 'seed', lockfileVersion: 3, requires: true, packages: { '': { dependencies } } };
  writeFileSync(path.join(folder, 'package-lock.json'), JSON.stringify(lock));
}
