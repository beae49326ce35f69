// Bundles the plugin into the file that OpenCode loads, and into two more that it loads when they are needed, the command line into
// another and the verifier for receivers of webhooks into the last, with its types: `npm run build`.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { build } from 'esbuild';
import type { BuildOptions, BuildResult } from 'esbuild';

const folder = import.meta.dirname;

/** Fields that only our own files name to each other: nothing outside, no file and no wire knows them, so they may be short. */
const OURS = `
  admit afterMs busy bytes configuration contents createdAt cursor finish hear inherit
  isDone isFull isNamed journal limit machine memory nextSeq opencodeVersion orphan owner problem
  projectId record resume sessions setAside settings shared sparesCosts spoolFolder startedAt steps target
  touch touchedAt wake warnings
`;

/** What index.js loads when it is needed. */
const LATER = { './mail/open.ts': './mail.js', './opencode2.ts': './opencode2.js' };

const mangleProps = new RegExp(`^(?:${OURS.trim().replaceAll(/\s+/g, '|')})$`);
const { mangleCache = {} } = await bundle('./index.ts', './index.js', { mangleProps, mangleCache: {} });
await bundle('./opencode2.ts', LATER['./opencode2.ts'], { mangleProps, mangleCache });
// It speaks with the relay and of OpenCode's messages, to whom some of these names are known.
await bundle('./mail/open.ts', LATER['./mail/open.ts'], {});

async function bundle(source: string, target: string, names: BuildOptions): Promise<BuildResult> {
  const [whole] = (
    await build({
      entryPoints: [join(folder, source)],
      bundle: true,
      external: Object.keys(LATER),
      format: 'esm',
      platform: 'node',
      target: 'esnext',
      write: false,
    })
  ).outputFiles;
  const text = Object.entries(LATER).reduce((all, [from, to]) => all.replace(from, to), whole?.text ?? '');
  return build({
    ...names,
    stdin: { contents: inlineFigures(mergeImports(text)) },
    outfile: join(folder, 'dist', target),
    format: 'esm',
    platform: 'node',
    target: 'esnext',
    minify: true,
    legalComments: 'none',
  });
}

await build({
  entryPoints: [`${folder}/cli/main.ts`],
  outfile: `${folder}/dist/cli.js`,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  banner: { js: '#!/usr/bin/env node' },
  minify: true,
  legalComments: 'none',
});

await build({
  entryPoints: [`${folder}/webhook/index.ts`],
  outfile: `${folder}/dist/webhook.js`,
  bundle: true,
  format: 'esm',
  platform: 'neutral',
  target: 'es2022',
  minify: true,
  legalComments: 'none',
});
writeFileSync(`${folder}/dist/webhook.d.ts`, declareWebhook());

/** The types of the verifier in one file: those of its parts without their imports, and of their names what it exports. */
function declareWebhook(): string {
  const out = mkdtempSync(join(tmpdir(), 'gasline-types-'));
  const read = (part: string) => readFileSync(join(out, `${part}.d.ts`), 'utf8');
  try {
    const compiler = join(folder, '..', 'node_modules', 'typescript', 'bin', 'tsc');
    const flags = ['--declaration', '--emitDeclarationOnly', '--noEmit', 'false', '--noCheck', '--outDir', out];
    execFileSync(process.execPath, [compiler, '-p', join(folder, 'webhook'), ...flags], { stdio: 'inherit' });
    const parts = ['contract', 'webhook/error', 'webhook/types', 'webhook/verify'].map(read).join('');
    const declared = parts.replaceAll(/^import .*;\n/gm, '').replaceAll(/^export (?=declare|interface|type)/gm, '');
    return declared + read('webhook/index').replaceAll(/ from '[^']+'/g, '');
  } finally {
    rmSync(out, { recursive: true });
  }
}

/** Each file of ours imports for itself, and esbuild keeps that: told once, the package is a twentieth smaller. */
function mergeImports(text: string): string {
  const imported = new Map<string, Set<string>>();
  const aliases = new Map<string, string>();
  const rest = text.replaceAll(/^import \{([^}]+)\} from "(node:\w+)";\n/gm, (_, names: string, from: string) => {
    for (const one of names.split(',')) {
      const [name = '', alias] = one.trim().split(' as ');
      imported.set(from, (imported.get(from) ?? new Set()).add(name));
      if (alias) aliases.set(alias, name);
    }
    return '';
  });
  const imports = [...imported].map(([from, names]) => `import { ${[...names].join(', ')} } from "${from}";\n`);
  return imports.join('') + rest.replaceAll(/(?<![.\w"'])\w+\d\b(?!["':])/g, (word) => aliases.get(word) ?? word);
}

/** A limit has a name for us; where it stands for a number, the number is shorter. */
function inlineFigures(text: string): string {
  const figures = new Map<string, string>();
  const rest = text.replaceAll(
    /^var ([A-Z][A-Z\d_]+) = (\d[\de]*(?: \* \d[\de]*)*);\n/gm,
    (_, name: string, factors: string) => {
      const figure = factors.split('*').reduce((product, factor) => product * Number(factor), 1);
      figures.set(name, figure.toString());
      return '';
    },
  );
  return rest.replaceAll(/(?<![.\w"'])[A-Z][A-Z\d_]+\b(?!["':])/g, (word) => figures.get(word) ?? word);
}
