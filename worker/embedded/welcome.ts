// What `npm start` prints: what to paste, and what to ask first.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import type { FirstTeam } from './first-team.ts';
import type { RelayOptions } from './relay.ts';

const PLUGIN = pathToFileURL(join(import.meta.dirname, '..', '..', 'plugin', 'index.ts')).href;

/** Hosts that stand for all addresses of the machine, where a URL can name but one. */
const ALL = ['0.0.0.0', '::', '*'];

export function welcome(
  url: URL,
  { team, tokens }: FirstTeam,
  { dataDir, host, allowPrivateEndpoints }: Pick<RelayOptions, 'dataDir' | 'host' | 'allowPrivateEndpoints'>,
): string {
  const address = url.href.replace(/\/$/, '');
  const plugin = JSON.stringify({ plugin: [[PLUGIN, { url: address, token: tokens.ingest }]] });
  const isOpen = ALL.includes(host ?? '');
  const where = isOpen ? `all addresses of this machine, port ${url.port} (here: ${address})` : address;
  const others = `\n\nOn another machine put the name that it knows this one by in place of ${url.hostname}, with TLS before it.`;
  // Only what this relay takes.
  const receiver = allowPrivateEndpoints === true ? 'http://127.0.0.1:3000/' : 'https://hooks.example.com/gasline';
  return `Gasline is listening on ${where}, team "${team}", state in ${dataDir}${isOpen ? others : ''}

Paste into opencode.json of a project, or into ~/.config/opencode/opencode.json for all:

  ${plugin.slice(1, -1)}

Work a minute in OpenCode, then see what it cost:

  curl -s '${address}/v1/usage?group_by=member,model' -H 'authorization: Bearer ${tokens.read}'

  GASLINE_URL=${address} GASLINE_READ_TOKEN=${tokens.read} npm run -s gasline -- costs --by member,model

Send every event to a webhook; the answer holds the secret that its signature is verified with:

  curl -s ${address}/v1/endpoints -H 'authorization: Bearer ${tokens.admin}' \\
    -H 'content-type: application/json' -d '{"kind":"webhook","url":"${receiver}"}'

The tokens are in ${join(dataDir, 'tokens.json')}. Stop with Ctrl-C.`;
}
