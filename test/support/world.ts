// One relay and one model for a test file, and any number of laptops: each a team, an isolated OpenCode with our plugin, and
// its own way to the relay.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { startFakeModel, type FakeModel } from './fake-model.ts';
import { startFront, type Front } from './front.ts';
import { createOpenCode, type OpenCode, type PluginOptions } from './opencode.ts';
import { openRelay, type Team } from './team.ts';

export interface Laptop {
  readonly team: Team;
  readonly front: Front;
  readonly opencode: OpenCode;
}

export interface LaptopOptions {
  readonly rttMs?: number;
  readonly plugin?: Partial<PluginOptions>;
  readonly config?: Record<string, unknown>;
}

export interface World {
  /** The relay itself, where no way leads to it. */
  readonly relay: URL;
  readonly model: FakeModel;
  laptop(name: string, options?: LaptopOptions): Promise<Laptop>;
  /** OpenCode as it is without us. */
  bareOpenCode(name: string, config?: Record<string, unknown>): OpenCode;
  close(): Promise<void>;
}

export async function openWorld(): Promise<World> {
  // What is tested is what the sources say, not what somebody built last week.
  execFileSync(process.execPath, [fileURLToPath(new URL('../../plugin/build.ts', import.meta.url))]);
  const folder = mkdtempSync(path.join(tmpdir(), 'gasline-e2e-'));
  const relay = await openRelay(path.join(folder, 'relay'));
  const model = await startFakeModel();
  const fronts: Front[] = [];
  return {
    relay: relay.url,
    model,
    laptop: async (name, { rttMs = 0, config = {}, plugin: options } = {}) => {
      const team = await relay.createTeam(name.toLowerCase());
      const front = await startFront(relay.url, rttMs);
      fronts.push(front);
      const plugin = { url: front.url, token: team.ingestToken, ...options };
      const home = path.join(folder, name);
      return { team, front, opencode: createOpenCode({ folder: home, model: model.url, plugin, config }) };
    },
    bareOpenCode: (name, config = {}) => createOpenCode({ folder: path.join(folder, name), model: model.url, config }),
    close: async () => {
      await Promise.all([...fronts, model].map((server) => server.close()));
      await relay.close();
      // A failure is looked into with the traces and the spool at hand.
      if (process.env['GASLINE_KEEP'] === undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
}
