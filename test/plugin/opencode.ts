// Stands for OpenCode around the plugin: a home folder, a git repository, the log, and events as OpenCode publishes them.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Hooks, PluginInput } from '@opencode-ai/plugin';
import { vi } from 'vitest';

import plugin from '../../plugin/index.ts';

export const TOKEN = 'gl_ingest_acme_t1_secret_mac';

export interface Home {
  readonly folder: string;
  readonly project: string;
  readonly remove: () => void;
}

/** Also points this process's environment at it. */
export function makeHome(): Home {
  const folder = mkdtempSync(join(tmpdir(), 'gasline-plugin-'));
  const project = join(folder, 'code', 'widgets');
  mkdirSync(join(project, '.git'), { recursive: true });
  writeFileSync(join(project, '.git', 'HEAD'), 'ref: refs/heads/feature/x\n');
  writeFileSync(
    join(project, '.git', 'config'),
    '[remote "origin"]\n\turl = https://bob:hunter2@Git.Example.com/acme/widgets.git\n[user]\n\temail = ann@example.com\n',
  );
  for (const [key, value] of Object.entries(environment(folder))) vi.stubEnv(key, value);
  return {
    folder,
    project,
    remove() {
      vi.unstubAllEnvs();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export function environment(folder: string): Record<string, string | undefined> {
  return {
    HOME: folder,
    XDG_STATE_HOME: join(folder, 'state'),
    XDG_CONFIG_HOME: join(folder, 'config'),
    GASLINE_URL: undefined,
    GASLINE_TOKEN: undefined,
    GASLINE_MEMBER: undefined,
    GASLINE_TITLES: undefined,
    GASLINE_STOP: undefined,
    GASLINE_MAIL: undefined,
    GASLINE_TOOLS: undefined,
    GASLINE_LIVE: undefined,
    GASLINE_READ_TOKEN: undefined,
    GT_ROLE: undefined,
    GT_RIG: undefined,
  };
}

export interface Loaded {
  /** What OpenCode gave to it, as it does to each copy of the plugin. */
  readonly input: PluginInput;
  readonly hooks: Hooks;
  readonly log: readonly string[];
  readonly toasts: readonly string[];
  readonly publish: (type: string, properties: unknown, id?: string) => void;
  readonly dispose: () => Promise<void>;
}

interface Instance {
  readonly directory?: string;
  readonly input?: PluginInput;
  readonly getSession?: (asked: { readonly path: { readonly id: string } }) => Promise<unknown>;
}

const whole: Instance['getSession'] = async ({ path }) => ({ data: { id: path.id } });

export async function load(
  home: Home,
  options: Record<string, unknown> | undefined,
  { directory = home.project, input: given, getSession = whole }: Instance = {},
): Promise<Loaded> {
  const log: string[] = [];
  const toasts: string[] = [];
  const client = {
    session: { get: getSession },
    tui: {
      showToast: ({ body }: { body: { message: string } }) => {
        toasts.push(body.message);
        return Promise.reject(new Error('no terminal is there'));
      },
    },
    app: {
      log: ({ body }: { body: { level: string; message: string } }) => {
        log.push(`${body.level} ${body.message}`);
        return Promise.reject(new Error('OpenCode is going away'));
      },
    },
  };
  const made = { client, project: { id: 'root-commit' }, directory, worktree: directory };
  const input = given ?? (made as unknown as PluginInput);
  const hooks = await plugin.server(input, options);
  let count = 0;
  return {
    input,
    hooks,
    log,
    toasts,
    publish(type, properties, id) {
      count += 1;
      void hooks.event?.({ event: { id: id ?? `evt_${count}_${Math.random()}`, type, properties } as never });
    },
    dispose: async () => {
      await hooks.dispose?.();
    },
  };
}

/** An assistant's finished message in session `s1`. */
export function message(id: string, cost: unknown = 0.00396) {
  const created = Date.now() - 1000;
  const tokens = { input: 800, output: 100, reasoning: 0, cache: { read: 200, write: 0 } };
  const time = { created, completed: created + 900 };
  return {
    sessionID: 's1',
    info: { id, role: 'assistant', sessionID: 's1', modelID: 'm', providerID: 'p', cost, tokens, time },
  };
}

/** Every file below the spool's folder, with its text. */
export function spoolFiles(
  home: Home,
): readonly { readonly path: string; readonly text: string; readonly mode: number }[] {
  const root = join(home.folder, 'state', 'gasline', 'spool');
  let names: readonly string[];
  try {
    names = readdirSync(root, { recursive: true }).map(String);
  } catch {
    return [];
  }
  return names
    .map((file) => join(root, file))
    .filter((path) => statSync(path).isFile())
    .map((path) => ({ path, text: readFileSync(path, 'utf8'), mode: statSync(path).mode & 0o777 }));
}
