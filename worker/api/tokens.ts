// The tokens of a team. The text of a token is in the answer that makes it and nowhere else, ever.
import type { Context } from 'hono';
import * as v from 'valibot';

import { randomBytes } from '../access/random.ts';
import { keyId } from '../access/keyring.ts';
import { mintToken, SCOPES, type MintedToken, type Scope } from '../access/token.ts';
import { keyringOf } from '../env.ts';
import { name } from '../event/schema.ts';
import type { TokenRow } from '../store/tokens.ts';
import { readForm } from './body.ts';
import type { Api } from './context.ts';
import { problem } from './problem.ts';
import { answer, ask, idOf, iso } from './team.ts';

export const tokenForm = v.strictObject({ scope: v.picklist(SCOPES, `must be one of ${SCOPES.join(', ')}`), name });

export async function getTokens(c: Context<Api>): Promise<Response> {
  const newest = await keyId(c.env.OPERATOR_SECRET);
  return answer(c, await ask(c, 'tokens'), (rows) => c.json({ tokens: rows.map((row) => showToken(row, newest)) }));
}

export async function postToken(c: Context<Api>): Promise<Response> {
  const form = await readForm(c, tokenForm);
  if (!form.ok) return problem(c, form.error);
  const minted = await mint(c, c.var.credential.team, form.value.scope);
  const added = await ask(c, 'addToken', minted.credential, form.value.name);
  return answer(c, added, () => c.json(showMinted(minted, form.value.name), 201));
}

export async function deleteToken(c: Context<Api>): Promise<Response> {
  return answer(c, await ask(c, 'revokeToken', idOf(c)), () => c.body(null, 204));
}

export function mint(c: Context<Api>, team: string, scope: Scope): Promise<MintedToken> {
  return mintToken({ team, scope }, keyringOf(c.env), randomBytes);
}

export function showMinted({ text, credential }: MintedToken, name: string) {
  return { id: credential.id, scope: credential.scope, name, token: text };
}

export function showToken({ id, scope, name, created, revoked, made_by }: TokenRow, newest: string) {
  const revoked_at = revoked === null ? null : iso(revoked);
  /** By which of the operator's secrets; null where that is not known yet. */
  const secret = made_by === null ? null : made_by === newest ? 'current' : 'previous';
  return { id, scope, name, secret, created_at: iso(created), revoked_at };
}
