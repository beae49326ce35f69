// The built Worker in workerd with its SQLite, over HTTP on loopback. One relay a file, a team of its own for each test.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startRelay, type Relay, type RelayOptions } from '../../worker/embedded/relay.ts';
import type { Fault } from './fault.ts';

export interface TestRelay {
  readonly relay: Relay;
  readonly dataDir: string;
  readonly team: (id?: string) => Promise<TestTeam>;
  readonly close: () => Promise<void>;
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  // oxlint-disable-next-line typescript/no-explicit-any -- a test looks into answers of every shape
  readonly body: any;
}

/** A team and an admin token of it. */
export interface TestTeam {
  readonly id: string;
  readonly token: string;
  readonly call: (method: string, path: string, body?: unknown, init?: RequestInit) => Promise<Reply>;
  /** Lets time pass for the team alone. */
  readonly advance: (ms: number) => Promise<void>;
  /** Makes the folds anew from the log; the team is only read afterwards. */
  readonly rebuild: () => Promise<void>;
  readonly fault: (fault: Fault) => Promise<void>;
  /** Ends the team's object without notice; the next call starts it anew. */
  readonly crash: () => Promise<void>;
  /** How often the team has looked at its clock. */
  readonly looks: () => Promise<number>;
  /** Whether a request of the relay's gets anywhere, past every guard but the runtime's own. */
  readonly reaches: (url: string) => Promise<boolean>;
  /** Reads the team's tables. */
  readonly query: (sql: string) => Promise<Record<string, string | number | null>[]>;
}

interface Stub {
  advance(ms: number): Promise<void>;
  rebuild(): Promise<string | null>;
  setFault(fault: Fault): Promise<void>;
  looks(): Promise<number>;
  reaches(url: string): Promise<boolean>;
  query(sql: string): Promise<Record<string, string | number | null>[]>;
}

const ENTRY = join(import.meta.dirname, 'worker', 'index.ts');
let teams = 0;

export async function startTestRelay(options: Partial<Omit<RelayOptions, 'entry'>> = {}): Promise<TestRelay> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'gasline-relay-'));
  const relay = await startRelay({
    entry: ENTRY,
    rateLimit: 1_000_000,
    allowPrivateEndpoints: true,
    ...options,
    dataDir,
  });
  return {
    relay,
    dataDir,
    async team(id = `t${(teams += 1)}`) {
      const made = await call(relay.url, relay.rootToken, 'POST', '/v1/teams', { id });
      if (made.status !== 201) throw new Error(JSON.stringify(made.body));
      const namespace = await relay.runtime.getDurableObjectNamespace('TEAM');
      // A stub to an object that has crashed is of no use any more.
      let stub: Stub | null = null;
      async function ask<T>(use: (stub: Stub) => Promise<T>): Promise<T> {
        stub ??= namespace.get(namespace.idFromName(id)) as unknown as Stub;
        try {
          return await use(stub);
        } catch (error) {
          stub = null;
          throw error;
        }
      }
      const { token } = made.body as { token: string };
      return {
        id,
        token,
        call: (method, path, body, init) => call(relay.url, token, method, path, body, init),
        advance: (ms) => ask((one) => one.advance(ms)),
        async rebuild() {
          const error = await ask((one) => one.rebuild());
          if (error !== null) throw new Error(error);
        },
        fault: (fault) => ask((one) => one.setFault(fault)),
        async crash() {
          await ask((one) => one.setFault({ crashWhen: 'SELECT 1' }));
          await call(relay.url, token, 'GET', '/v1/endpoints');
          await ask((one) => one.advance(0)).catch(() => undefined);
        },
        looks: () => ask((one) => one.looks()),
        reaches: (url) => ask((one) => one.reaches(url)),
        query: (sql) => ask((one) => one.query(sql)),
      };
    },
    async close() {
      await relay.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

export async function call(
  base: URL,
  token: string | null,
  method: string,
  path: string,
  body?: unknown,
  init: RequestInit = {},
): Promise<Reply> {
  const response = await fetch(new URL(path, base), {
    method,
    ...init,
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(init.headers as Record<string, string> | undefined),
    },
    ...(body === undefined
      ? {}
      : { body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = /[/+]json/.test(response.headers.get('content-type') ?? '');
  return { status: response.status, headers: response.headers, body: isJson && text !== '' ? JSON.parse(text) : text };
}
