// A relay of its own with the bench's Worker, and teams in it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startRelay } from '../../worker/embedded/relay.ts';
import type { Filling, Rows } from './order.ts';

export interface Rig {
  readonly url: URL;
  readonly team: () => Promise<BenchTeam>;
  readonly close: () => Promise<void>;
}

export interface BenchTeam {
  readonly token: string;
  /** Sends a request and throws unless it is answered with 2xx. */
  readonly call: (method: string, path: string, body?: unknown) => Promise<Record<string, unknown>>;
  readonly object: BenchObject;
}

/** What the bench's team answers past the HTTP door. */
export interface BenchObject {
  startCounting(): Promise<void>;
  stopCounting(): Promise<Rows>;
  write(filling: Filling): Promise<number>;
  query(sql: string): Promise<Record<string, unknown>[]>;
}

const ENTRY = join(import.meta.dirname, 'worker', 'index.ts');

export async function startRig(): Promise<Rig> {
  const dataDir = mkdtempSync(join(tmpdir(), 'gasline-bench-'));
  const relay = await startRelay({ dataDir, entry: ENTRY, rateLimit: 1_000_000_000, allowPrivateEndpoints: true });
  let teams = 0;
  return {
    url: relay.url,
    async team() {
      const id = `bench-${(teams += 1)}`;
      const { token } = await send(relay.url, relay.rootToken, 'POST', '/v1/teams', { id });
      const namespace = await relay.runtime.getDurableObjectNamespace('TEAM');
      return {
        token: String(token),
        call: (method, path, body) => send(relay.url, String(token), method, path, body),
        object: namespace.get(namespace.idFromName(id)) as unknown as BenchObject,
      };
    },
    async close() {
      await relay.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

async function send(base: URL, token: string, method: string, path: string, body?: unknown) {
  const response = await fetch(new URL(path, base), {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
  return (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>;
}
