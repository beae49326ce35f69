// `gasline listen`: a copy of what a webhook would get goes to a program on this machine, signed, without anybody in between.

import { VERSION } from '../version.ts';
import { command, misused, type Io, type Options, type Outcome, type Values } from './command.ts';
import { connect, CONNECTION } from './connection.ts';
import type { Entry } from './follow/entry.ts';
import { follow, FOLLOW, pause } from './follow/follow.ts';
import { parseSecret, secretFor, signed } from './follow/sign.ts';
import { type Paint, painter } from './paint.ts';
import { causeOf } from './relay.ts';
import { plain } from './text.ts';

const OPTIONS = {
  forward: { type: 'string', short: 'f', value: 'address', about: 'where to: http://localhost:3000/hook' },
  secret: { type: 'string', value: 'whsec_…', about: 'to sign with; default: one made from the token, which is shown' },
  ...FOLLOW,
  ...CONNECTION,
} as const satisfies Options;

export const listen = command({
  summary: 'Delivers a copy of the events to a program on this machine, as a webhook would',
  notes: [
    'In their order, one at a time, each tried three times. Nothing is remembered: what was missed comes with --since.',
    'It goes on until Ctrl-C, and over the restarts of a relay.',
  ],
  options: OPTIONS,
  run,
});

/** As long as the relay itself waits. */
const DEADLINE_MS = 15_000;
const PAUSES_MS: readonly number[] = [1_000, 3_000];

interface Receiver {
  readonly url: URL;
  readonly secret: string;
}

async function run(values: Values<typeof OPTIONS>, io: Io): Promise<Outcome> {
  const { forward, secret } = values;
  if (forward === undefined) return misused('where to? give --forward http://localhost:3000/hook');
  const url = URL.canParse(forward) ? new URL(forward) : null;
  if (url === null || !/^https?:$/.test(url.protocol))
    return misused(`--forward must be an http or https address, got ${forward}`);
  const connection = connect(values, io, 'read');
  if (connection.kind !== 'done') return connection;
  const chosen = secret === undefined ? secretFor(connection.value.token) : parseSecret(secret);
  if (chosen === null) return misused('--secret must be whsec_ and 24 to 64 bytes in base64');
  const receiver: Receiver = { url, secret: chosen };
  const stop = io.interruption();
  const paint = painter(io);
  // What was given is known to whoever gave it.
  const key = secret === undefined ? `, signed with ${chosen}` : '';
  io.stdout(`Events go to ${plain(url.href)}${key}\n`);
  const take = (entry: Entry) => deliver(entry, receiver, io, { stop, paint });
  return follow({ asked: values, connection: connection.value, io, stop, take });
}

async function deliver(
  { id, type, event }: Entry,
  receiver: Receiver,
  io: Io,
  { stop, paint }: { readonly stop: AbortSignal; readonly paint: Paint },
): Promise<void> {
  const name = `[${plain(id)}]`;
  const body = JSON.stringify(event);
  io.stdout(`--> ${paint(plain(type), 'bold')} ${name}\n`);
  for (let tries = 0; !stop.aborted; tries += 1) {
    const { isTaken, said } = await send({ id, body }, receiver, io, stop);
    if (stop.aborted) return;
    const pauseMs = isTaken ? undefined : PAUSES_MS[tries];
    const next = isTaken ? '' : pauseMs === undefined ? ': given up' : `: again in ${pauseMs / 1_000} s`;
    io.stdout(`${paint(`<-- ${plain(said)}`, isTaken ? 'plain' : 'warning')} ${name}${next}\n`);
    if (pauseMs === undefined) return;
    await pause(pauseMs, stop);
  }
}

async function send(
  message: { readonly id: string; readonly body: string },
  { url, secret }: Receiver,
  { fetch, now }: Io,
  stop: AbortSignal,
): Promise<{ readonly isTaken: boolean; readonly said: string }> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'user-agent': `Gasline/${VERSION}`,
        'content-type': 'application/json',
        ...signed(secret, message, now()),
      },
      body: message.body,
      // As the relay does: the answer to a webhook is a status and no other place.
      redirect: 'manual',
      signal: AbortSignal.any([AbortSignal.timeout(DEADLINE_MS), stop]),
    });
    await response.body?.cancel();
    return { isTaken: response.ok, said: response.status.toString() };
  } catch (error) {
    return { isTaken: false, said: causeOf(error, DEADLINE_MS) };
  }
}
