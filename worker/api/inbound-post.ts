// What arrives at those URLs. A town's `gt escalate` waits for the answer without a time limit of its own and does not try again:
// whatever can be understood is taken.
import type { Context } from 'hono';

import { randomBytes } from '../access/random.ts';
import { base32 } from '../access/token.ts';
import {
  INBOUND_KINDS,
  isOfLines,
  readLines,
  readPublished,
  readText,
  type LineKind,
  type TextKind,
} from '../event/inbound.ts';
import { fail, ok, type Result } from '../result.ts';
import { MAX_BODY_BYTES, readBytes } from './body.ts';
import type { Api } from './context.ts';
import { problem, refuse, type Refusal } from './problem.ts';
import { answer, ask } from './team.ts';

/** A text is kept to some thousand characters, whoever sends more. */
const MAX_TEXT_BYTES = 131_072;

export async function postHeard(c: Context<Api>): Promise<Response> {
  const asked = c.req.param('kind') ?? '';
  const kind = INBOUND_KINDS.find((one) => one === asked);
  if (kind === undefined || kind === 'gc-extmsg') {
    return problem(c, refuse('not-found', `there is no route for ${asked.slice(0, 80)}: copy the URL anew, whole`));
  }
  return isOfLines(kind) ? takeLines(c, kind) : takeText(c, kind);
}

/** Slack answers so, and nobody else looks. */
async function takeText(c: Context<Api>, kind: TextKind): Promise<Response> {
  const body = isMultipart(c) ? await readParts(c) : await readBody(c, MAX_TEXT_BYTES);
  if (!body.ok) return problem(c, body.error);
  const read = readText(kind, body.value);
  if (!read.ok) return problem(c, refuse('body-malformed', read.error));
  return answer(c, await ask(c, 'hear', kind, [read.value]), () => c.text('ok'));
}

/** A message of an agent's to somebody outside of its city, which wants a receipt for it (gascity, internal/extmsg/http_adapter.go). */
export async function postPublished(c: Context<Api>): Promise<Response> {
  const body = await readBody(c, MAX_TEXT_BYTES);
  if (!body.ok) return problem(c, body.error);
  const read = readPublished(body.value);
  if (!read.ok) return problem(c, refuse('body-malformed', read.error));
  const message = `msg_${base32(randomBytes(10))}`;
  const told = await ask(c, 'hear', 'gc-extmsg', [{ type: 'notice.received', data: { ...read.value, message } }]);
  const { conversation } = read.value;
  return answer(c, told, () => c.json({ message_id: message, conversation, delivered: true }));
}

async function takeLines(c: Context<Api>, kind: LineKind): Promise<Response> {
  const body = await readBody(c, MAX_BODY_BYTES);
  if (!body.ok) return problem(c, body.error);
  const lines = readLines(kind, body.value);
  if (!lines.ok) return problem(c, refuse('body-malformed', lines.error));
  const { heard, ignored, rejected } = lines.value;
  const told = await ask(c, 'hear', kind, heard);
  return answer(c, told, () =>
    heard.length + ignored === 0
      ? problem(c, refuse('events-rejected', 'see rejected for what is wrong with each line'), { rejected })
      : c.json({ accepted: heard.length, ignored, rejected }, 202),
  );
}

function isMultipart(c: Context<Api>): boolean {
  return /^multipart\/form-data\b/i.test(c.req.header('content-type') ?? '');
}

/** What curl's -F sends, as the JSON of its fields. Files are none. */
async function readParts(c: Context<Api>): Promise<Result<string, Refusal>> {
  const bytes = await readBytes(c, MAX_TEXT_BYTES);
  if (!bytes.ok) return bytes;
  const type = c.req.header('content-type') ?? '';
  const form = await new Response(bytes.value, { headers: { 'content-type': type } }).formData().catch(() => null);
  if (form === null) {
    return fail(
      refuse('body-malformed', 'body: must be the multipart form that the content type says, with its boundary'),
    );
  }
  return ok(JSON.stringify(Object.fromEntries([...form].filter(([, value]) => typeof value === 'string'))));
}

/** Bytes that are no UTF-8 are replaced: what is around them may be worth a call at night. */
async function readBody(c: Context<Api>, maxBytes: number): Promise<Result<string, Refusal>> {
  const bytes = await readBytes(c, maxBytes);
  return bytes.ok ? ok(new TextDecoder().decode(bytes.value)) : fail(bytes.error);
}
