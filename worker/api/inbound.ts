// The URLs that other programs post to, as an admin makes them. The URL is its secret: it is in the answer that makes it and nowhere
// else, ever.
import type { Context } from 'hono';
import * as v from 'valibot';

import { keyId } from '../access/keyring.ts';
import { INBOUND_KINDS } from '../event/inbound.ts';
import { name } from '../event/schema.ts';
import { readForm } from './body.ts';
import type { Api } from './context.ts';
import { problem } from './problem.ts';
import { answer, ask, idOf } from './team.ts';
import { mint, showToken } from './tokens.ts';

const inboundForm = v.strictObject({
  kind: v.picklist(INBOUND_KINDS, `must be one of ${INBOUND_KINDS.join(', ')}`),
  name,
  town: v.optional(v.nullable(name), null),
});

export async function getInbound(c: Context<Api>): Promise<Response> {
  const newest = await keyId(c.env.OPERATOR_SECRET);
  return answer(c, await ask(c, 'inbound'), (rows) =>
    c.json({
      inbound: rows.map((row) => {
        const { scope: _, ...shown } = showToken(row, newest);
        return { ...shown, kind: row.kind, town: row.town, repeated: row.repeated };
      }),
    }),
  );
}

/** The URL is by the name that this request came to. */
export async function postInbound(c: Context<Api>): Promise<Response> {
  const form = await readForm(c, inboundForm);
  if (!form.ok) return problem(c, form.error);
  const { kind, name: called, town } = form.value;
  const { text, credential } = await mint(c, c.var.credential.team, 'inbound');
  const url = new URL(`/v1/in/${kind}/${text}`, c.req.url).href;
  return answer(c, await ask(c, 'addInbound', credential, { kind, name: called, town }), () =>
    c.json({ id: credential.id, kind, name: called, town, url }, 201),
  );
}

export async function deleteInbound(c: Context<Api>): Promise<Response> {
  return answer(c, await ask(c, 'removeInbound', idOf(c)), () => c.body(null, 204));
}
