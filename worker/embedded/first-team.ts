// The first team and its tokens, made once. Beside the relay's own state they are kept in a file for the person who runs it.
import { join } from 'node:path';

import { readPrivate, writePrivate } from './private-file.ts';
import type { Relay } from './relay.ts';

export interface FirstTeam {
  readonly team: string;
  readonly tokens: { readonly ingest: string; readonly read: string; readonly admin: string };
}

/** Null before the first run has ended. */
export function heldTeam(dataDir: string): FirstTeam | null {
  return readPrivate(tokensFile(dataDir)) as FirstTeam | null;
}

export async function makeTeam(relay: Relay, dataDir: string, id: string, zone: string): Promise<FirstTeam> {
  const admin = await makeAdmin(relay, id, zone);
  const ingest = await makeToken(relay, '/v1/tokens', admin, 'ingest');
  const read = await makeToken(relay, '/v1/tokens', admin, 'read');
  const made: FirstTeam = { team: id, tokens: { ingest, read, admin } };
  writePrivate(tokensFile(dataDir), made);
  return made;
}

async function makeAdmin(relay: Relay, id: string, zone: string): Promise<string> {
  const created = await fetch(new URL('/v1/teams', relay.url), request(relay.rootToken, { id, zone }));
  // A first run that ended between the team and the file leaves a team whose token nobody has: the operator makes another.
  if (created.status === 409) return makeToken(relay, `/v1/teams/${id}/tokens`, relay.rootToken, 'admin');
  return tokenOf(created);
}

async function makeToken(relay: Relay, path: string, bearer: string, scope: string): Promise<string> {
  return tokenOf(await fetch(new URL(path, relay.url), request(bearer, { scope, name: `first ${scope}` })));
}

async function tokenOf(answer: Response): Promise<string> {
  if (!answer.ok) throw new Error(await answer.text());
  const { token } = (await answer.json()) as { token: string };
  return token;
}

function tokensFile(dataDir: string): string {
  return join(dataDir, 'tokens.json');
}

function request(bearer: string, body: unknown): RequestInit {
  return {
    method: 'POST',
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
}
