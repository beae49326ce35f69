// The first team and its tokens, made once. Beside the relay's own state they are kept in a file for the person who runs it.
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Relay } from './relay.ts';

export interface FirstTeam {
  readonly team: string;
  readonly tokens: { readonly ingest: string; readonly read: string; readonly admin: string };
}

export async function firstTeam(relay: Relay, dataDir: string, id: string, zone: string): Promise<FirstTeam> {
  const file = join(dataDir, 'tokens.json');
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as FirstTeam;
  const root = relay.rootToken;
  const created = await fetch(new URL('/v1/teams', relay.url), request(root, { id, zone }));
  // A first run that ended between the team and the file leaves a team whose token nobody has: the operator makes another.
  if (!created.ok && created.status !== 409) throw new Error(await created.text());
  const admin = await token(relay, `/v1/teams/${id}/tokens`, root, 'admin');
  const ingest = await token(relay, '/v1/tokens', admin, 'ingest');
  const read = await token(relay, '/v1/tokens', admin, 'read');
  const made: FirstTeam = { team: id, tokens: { ingest, read, admin } };
  writeFileSync(file, `${JSON.stringify(made, null, 2)}\n`, { mode: 0o600 });
  chmodSync(file, 0o600);
  return made;
}

async function token(relay: Relay, path: string, bearer: string, scope: string): Promise<string> {
  const answer = await fetch(new URL(path, relay.url), request(bearer, { scope, name: `first ${scope}` }));
  if (!answer.ok) throw new Error(await answer.text());
  const { token } = (await answer.json()) as { token: string };
  return token;
}

function request(bearer: string, body: unknown): RequestInit {
  return {
    method: 'POST',
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
}
