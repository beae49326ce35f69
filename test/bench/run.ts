// `npm run bench` measures what Gasline costs and writes a table to the terminal and to test-results/bench.md.
// `npm run bench -- delivery usage` measures those parts alone: ingest, delivery, latency, neighbours, usage, peers, hook, sizes.
//
// The machine is shared and noisy, so a figure that can be compared is: against a baseline named in its table, in the same run
// and the same runtime, in turns, by medians. Ratios carry over to other machines; absolute figures do not. Rows written are
// what Cloudflare bills; they are counted on the statements' own cursors and do not vary.
// Beside a figure with a goal stands whether it was met. A missed goal does not fail the run: it is there to be looked at.
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';

import { delivery } from './delivery.ts';
import { hook } from './hook.ts';
import { ingest } from './ingest.ts';
import { latency } from './latency.ts';
import { neighbours } from './neighbours.ts';
import { startRig, type Rig } from './rig.ts';
import { peers } from './peers.ts';
import { sizes } from './sizes.ts';
import { markdown, type Section } from './table.ts';
import { usage } from './usage.ts';

const PARTS: { readonly [part: string]: (rig: Rig) => Promise<Section> } = {
  ingest,
  delivery,
  latency,
  neighbours,
  usage,
  peers,
  hook,
  sizes,
};
const RESULTS = join(import.meta.dirname, '..', '..', 'test-results');

function chosenParts(): readonly string[] {
  const names = Object.keys(PARTS);
  const chosen = process.argv.slice(2);
  const unknown = chosen.find((name) => !names.includes(name));
  if (unknown !== undefined) throw new Error(`there is no part ${unknown}: choose from ${names.join(', ')}`);
  return chosen.length === 0 ? names : chosen;
}

async function main(): Promise<void> {
  const start = performance.now();
  const sections: string[] = [];
  for (const name of chosenParts()) {
    // A relay for each part: none measures what another left behind.
    const rig = await startRig();
    try {
      const section = await PARTS[name]?.(rig);
      if (section !== undefined) sections.push(markdown(section));
      console.log(sections.at(-1));
    } finally {
      await rig.close();
    }
  }
  const seconds = Math.round((performance.now() - start) / 1_000);
  const where = `${new Date().toISOString()}, Node ${process.version}, ${cpus().length} cores, ${seconds} s.`;
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(join(RESULTS, 'bench.md'), [`# Gasline, measured`, '', where, '', ...sections].join('\n'));
  console.log(where);
}

await main();
