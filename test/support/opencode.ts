// The real OpenCode: one-shot runs and servers in an isolated home, with a fake model, the tracer and (or without) our plugin.

import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createOpencodeClient, type OpencodeClient } from '@opencode-ai/sdk';
import { start, type Child, type ChildOptions, type Exit } from './child.ts';
import { createHome } from './home.ts';
import { models, type ModelId } from './prices.ts';
import { createProject } from './project.ts';
import { readTrace, tracer, type RawEvent } from './tracer.ts';
import { until } from './until.ts';

export const OPENCODE = fileURLToPath(new URL('../../node_modules/opencode-ai/bin/opencode.exe', import.meta.url));
const PLUGIN = new URL('../../plugin/dist/index.js', import.meta.url).href;

export interface PluginOptions {
  readonly url: URL;
  readonly token: string;
  readonly tools?: boolean;
  readonly read_token?: string;
  readonly live?: boolean;
}

export interface OpenCodeOptions {
  readonly folder: string;
  readonly model: URL;
  /** Absent: OpenCode without us, for comparison. */
  readonly plugin?: PluginOptions | undefined;
  readonly config?: Record<string, unknown>;
}

export interface RunOptions {
  readonly model?: ModelId;
  /** A session that has a title needs no call that makes one. */
  readonly title?: string | null;
  readonly args?: readonly string[];
}

/** An OpenCode process and what it announced. */
export interface Witnessed extends Child {
  trace(): RawEvent[];
}

export interface OpenCode {
  readonly project: string;
  readonly home: string;
  start(args: readonly string[], options?: Partial<ChildOptions> & { readonly command?: string }): Witnessed;
  /** Starts `opencode run`; `exited` tells how it ended. */
  spawnRun(prompt: string, options?: RunOptions): Witnessed;
  run(prompt: string, options?: RunOptions): Promise<Exit>;
  serve(env?: NodeJS.ProcessEnv, command?: 'serve' | 'web'): Promise<OpenCodeServer>;
  /** Everything that OpenCode announced in this home so far. */
  trace(): RawEvent[];
}

export interface OpenCodeServer {
  readonly child: Witnessed;
  readonly url: URL;
  readonly client: OpencodeClient;
  readonly password: string;
}

export function createOpenCode({ folder, model, plugin, config }: OpenCodeOptions): OpenCode {
  mkdirSync(folder, { recursive: true });
  const home = createHome(folder);
  const project = createProject(home);
  const traces: string[] = [];
  // Ours comes first: an event that the witness wrote has been given to our plugin before.
  const ours = plugin === undefined ? [] : [[PLUGIN, { ...plugin, url: plugin.url.href }]];

  const self: OpenCode = {
    project,
    home: folder,
    start: (args, { command = OPENCODE, env, ...options } = {}) => {
      const file = path.join(folder, `trace-${traces.length}.jsonl`);
      traces.push(file);
      const content = JSON.stringify({ ...baseConfig(model), ...config, plugin: [...ours, tracer(file)] });
      const all = { ...home.env, OPENCODE_CONFIG_CONTENT: content, ...env };
      return { ...start(command, args, { cwd: project, env: all, ...options }), trace: () => readTrace(file) };
    },
    // A process of three seconds needs no garbage collection, which takes a quarter of its processor time.
    spawnRun: (prompt, { model: id = 'fake-model', title = 'a test', args = [] } = {}) => {
      const named = title === null ? [] : ['--title', title];
      return self.start(['run', '--model', `fake/${id}`, ...named, ...args, prompt], { env: { BUN_JSC_useGC: '0' } });
    },
    run: (prompt, options) => self.spawnRun(prompt, options).exited,
    serve: (env = {}, command = 'serve') => serve(self, env, command),
    trace: () => traces.flatMap(readTrace),
  };
  return self;
}

async function serve(opencode: OpenCode, env: NodeJS.ProcessEnv, command: string): Promise<OpenCodeServer> {
  const password = 'a test password';
  const child = opencode.start([command, '--port', '0', '--hostname', '127.0.0.1'], {
    env: { ...env, OPENCODE_SERVER_PASSWORD: password },
  });
  const address = await until(
    `opencode ${command} to listen`,
    () => /http:\/\/127\.0\.0\.1:\d+/.exec(child.stdout() + child.stderr())?.[0],
  );
  const credentials = Buffer.from(`opencode:${password}`).toString('base64');
  const client = createOpencodeClient({
    baseUrl: address,
    directory: opencode.project,
    headers: { authorization: `Basic ${credentials}` },
  });
  return { child, url: new URL(address), client, password };
}

function baseConfig(model: URL): Record<string, unknown> {
  return {
    model: 'fake/fake-model',
    small_model: 'fake/fake-small',
    autoupdate: false,
    share: 'disabled',
    formatter: false,
    lsp: false,
    snapshot: false,
    provider: {
      fake: {
        npm: '@ai-sdk/openai-compatible',
        name: 'Fake',
        options: { baseURL: new URL('v1', model).href, apiKey: 'sk-fake' },
        models: Object.fromEntries(
          Object.entries(models).map(([id, { price, context, output }]) => [
            id,
            { name: id, tool_call: true, reasoning: true, cost: price, limit: { context, output } },
          ]),
        ),
      },
    },
  };
}
