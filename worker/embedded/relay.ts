// The relay on one machine: the same Worker in workerd, its objects' SQLite in a folder.
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { Miniflare } from 'miniflare';

import type { MailSettings } from '../delivery/mail.ts';
import { tryAddress } from './address.ts';
import { bundleWorker } from './bundle.ts';
import { lockFolder } from './lock.ts';
import { egress } from './egress.ts';
import { endOrphan, forgetRuntime, recordingRuntime } from './orphan.ts';
import { readPrivate, writePrivate } from './private-file.ts';

export interface RelayOptions {
  /** Holds all state; made if it is not there. */
  readonly dataDir: string;
  readonly host?: string;
  /** 0 takes a free port. */
  readonly port?: number;
  /** Endpoints may be http and private: sensible where only this machine reaches the relay. */
  readonly allowPrivateEndpoints?: boolean;
  /** Other names that the relay is served at, such as that of a proxy before it: no endpoint may be there. */
  readonly publicHosts?: readonly string[];
  /** The resolver that endpoints' names are looked up with where they must be public; what it does not say is let pass or not. */
  readonly names?: { readonly dohUrl: string; readonly fail: 'open' | 'closed' };
  /** Requests a minute and token. */
  readonly rateLimit?: number;
  /** What a message may cost, in dollars. */
  readonly maxMessageUsd?: number;
  /** By what e-mail is sent. */
  readonly mail?: OwnMail;
  /** The module to run in place of worker/index.ts; it must export the same names. */
  readonly entry?: string;
}

/** Without Cloudflare there is no binding. */
export type OwnMail = Omit<MailSettings, 'EMAIL'>;

export interface Relay {
  readonly url: URL;
  readonly rootToken: string;
  /** For tests: the Workers runtime beneath. */
  readonly runtime: Miniflare;
  readonly close: () => Promise<void>;
}

const ENTRY = join(import.meta.dirname, '..', 'index.ts');
const LIMITER = join(import.meta.dirname, 'limiter.ts');
const WRANGLER = join(import.meta.dirname, '..', '..', 'wrangler.toml');
const RATE_LIMIT = 6_000;

export async function startRelay(options: RelayOptions): Promise<Relay> {
  mkdirSync(options.dataDir, { recursive: true });
  chmodSync(options.dataDir, 0o700);
  const unlock = lockFolder(options.dataDir);
  try {
    await endOrphan(options.dataDir);
    const [host, port] = [options.host ?? '127.0.0.1', options.port ?? 0];
    await tryAddress(host, port);
    const secrets = readSecrets(options.dataDir);
    const runtime = await recordingRuntime(options.dataDir, () => startRuntime({ ...options, host, port }, secrets));
    const url = await readyOf(runtime);
    return {
      url,
      rootToken: secrets.rootToken,
      runtime,
      async close() {
        await runtime.dispose();
        forgetRuntime(options.dataDir);
        unlock();
      },
    };
  } catch (error) {
    unlock();
    throw error;
  }
}

async function readyOf(runtime: Miniflare): Promise<URL> {
  try {
    return await runtime.ready;
  } catch (error) {
    // It throws the same once more, but has let go of all that would keep this process alive.
    await runtime.dispose().catch(() => undefined);
    throw error;
  }
}

async function startRuntime(
  options: RelayOptions & { readonly host: string; readonly port: number },
  { operatorSecret, previousSecrets = [], rootToken }: Secrets,
): Promise<Miniflare> {
  // Miniflare asks the network for the caller's whereabouts at start unless it is told not to.
  process.env['CLOUDFLARE_CF_FETCH_ENABLED'] = 'false';
  return new Miniflare({
    host: options.host,
    port: options.port,
    cf: false,
    defaultPersistRoot: join(options.dataDir, 'state'),
    workers: [
      {
        name: 'gasline',
        ...(await moduleOf(options.entry ?? ENTRY)),
        ...compatibility(),
        durableObjects: {
          TEAM: { className: 'Team', useSQLite: true },
          DIRECTORY: { className: 'Directory', useSQLite: true },
        },
        r2Buckets: { ARCHIVE: 'archive' },
        wrappedBindings: {
          RATE_LIMIT: {
            scriptName: 'limiter',
            entrypoint: 'rateLimit',
            bindings: { limit: options.rateLimit ?? RATE_LIMIT, period: 60 },
          },
        },
        ...egress(options),
        bindings: {
          OPERATOR_SECRET: operatorSecret,
          OPERATOR_SECRET_PREVIOUS: previousSecrets.join(','),
          ROOT_TOKEN: rootToken,
          ...(options.maxMessageUsd === undefined ? {} : { MAX_MESSAGE_USD: String(options.maxMessageUsd) }),
          ...options.mail,
          ALLOW_PRIVATE_ENDPOINTS: String(options.allowPrivateEndpoints ?? false),
          PUBLIC_HOSTS: (options.publicHosts ?? []).join(','),
          ...(options.names === undefined ? {} : { DOH_URL: options.names.dohUrl, DOH_FAIL: options.names.fail }),
        },
      },
      { name: 'limiter', ...(await moduleOf(LIMITER)) },
    ],
  });
}

async function moduleOf(entry: string): Promise<{ modules: { type: 'ESModule'; path: string; contents: string }[] }> {
  return { modules: [{ type: 'ESModule', path: 'worker.mjs', contents: await bundleWorker(entry) }] };
}

/** The runtime's behaviour is chosen in one place, for here and for Cloudflare. */
function compatibility(): { compatibilityDate: string; compatibilityFlags: string[] } {
  const text = readFileSync(WRANGLER, 'utf8');
  const [, date] = /^compatibility_date = "(.+)"$/m.exec(text) ?? [];
  const [, flags] = /^compatibility_flags = (\[.*\])$/m.exec(text) ?? [];
  if (date === undefined || flags === undefined) throw new Error(`${WRANGLER} names no compatibility date and flags`);
  return { compatibilityDate: date, compatibilityFlags: JSON.parse(flags) as string[] };
}

interface Secrets {
  readonly operatorSecret: string;
  /** Those before it, the newest first, until all that they made has gone over to it. */
  readonly previousSecrets?: readonly string[];
  readonly rootToken: string;
}

/** The operator's secrets are made once and stay with the data: without them its tokens and endpoints are of no use. */
function readSecrets(dataDir: string): Secrets {
  const file = join(dataDir, 'operator.json');
  const held = readPrivate(file) as Secrets | null;
  if (held !== null) return held;
  const made: Secrets = {
    operatorSecret: randomBytes(32).toString('base64url'),
    rootToken: `gl_root_${randomBytes(24).toString('hex')}`,
  };
  writePrivate(file, made);
  return made;
}
