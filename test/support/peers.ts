// The two tools that members compare us with, as their makers built them.

import { chmodSync, copyFileSync, existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Peers {
  readonly ccusage: string;
  readonly tokscale: string;
}

/** Their programs for other machines are in other packages. */
export const hasPeers = process.platform === 'linux' && process.arch === 'x64';

export function installPeers(folder: string): Peers {
  mkdirSync(folder, { recursive: true });
  return {
    ccusage: install('@ccusage/ccusage-linux-x64/bin/ccusage'),
    tokscale: install('@tokscale/cli-linux-x64-gnu/bin/tokscale'),
  };

  /** ccusage's program is packed without the right to run. */
  function install(name: string): string {
    const packed = fileURLToPath(new URL(`../../node_modules/${name}`, import.meta.url));
    if (!existsSync(packed)) throw new Error(`${name} is not installed: npm ci`);
    const program = path.join(folder, path.basename(name));
    copyFileSync(packed, program);
    chmodSync(program, 0o755);
    return program;
  }
}
