// Bundles the plugin into the one file that OpenCode loads: `npm run build`.

import { build } from 'esbuild';

const folder = import.meta.dirname;

await build({
  entryPoints: [`${folder}/index.ts`],
  outfile: `${folder}/dist/index.js`,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'es2023',

  minify: true,
  legalComments: 'none',
});
