// Runs a command line in this process: a relay that answers from a table, and all that was printed.
import type { Io } from '../../../plugin/cli/command.ts';
import { COMMANDS } from '../../../plugin/cli/commands.ts';
import { run } from '../../../plugin/cli/run.ts';

export interface Printed {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Path and query of each request, and the token it carried. */
  readonly asked: readonly { readonly path: string; readonly token: string | null }[];
}

type Reply = (url: URL) => { readonly status?: number; readonly body: unknown };

export async function gasline(words: readonly string[], reply: Reply, given: Partial<Io> = {}): Promise<Printed> {
  let stdout = '';
  let stderr = '';
  const asked: { path: string; token: string | null }[] = [];
  const code = await run(COMMANDS, words, {
    stdout: (text) => void (stdout += text),
    stderr: (text) => void (stderr += text),
    env: { GASLINE_URL: 'https://relay.example.com/team', GASLINE_READ_TOKEN: 'gl_read', HOME: '/nowhere' },
    now: () => Date.parse('2026-11-22T23:30:00Z'),
    columns: null,
    isTTY: false,
    interruption: () => new AbortController().signal,
    async fetch(input, init) {
      const url = new URL(input instanceof Request ? input.url : input);
      asked.push({ path: url.pathname + url.search, token: new Headers(init?.headers).get('authorization') });
      const { status = 200, body } = reply(url);
      return new Response(typeof body === 'string' ? body : JSON.stringify(body), { status });
    },
    ...given,
  });
  return { code, stdout, stderr, asked };
}
