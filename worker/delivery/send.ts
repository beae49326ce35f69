// Sends a window of events to one endpoint: a few at once, each under one deadline that spans connect, headers and body.
import { placeOf, vetFor } from '../destination/address.ts';
import type { Answer, Destination, Message, Rendered } from '../destination/destination.ts';
import type { Outgoing } from '../event/event.ts';
import { batchesOf, type Batch } from './batch.ts';
import { keepAnswer, keepRequest, MAX_ANSWER, packer, type Exchange } from './exchange.ts';
import type { AddressPolicy } from './guard.ts';
import { isLoop, MARK } from './loop.ts';
import type { Names } from './names.ts';
import type { Attempt, Outcome } from './outcome.ts';
import { redactorOf, type Redact } from './redact.ts';
import { resending } from './resend.ts';
import type { Manner } from './settings.ts';

export interface Target extends Manner, Omit<Message, 'event'> {
  readonly destination: Destination;
  readonly policy: AddressPolicy;
}

/** What is sent, whatever carries it. */
export interface Posting extends RequestInit {
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly signal: AbortSignal;
}

export type Carry = (url: string, posting: Posting) => Promise<Response>;

export interface Wire {
  readonly fetch: Carry;
  readonly now: () => number;
  /** How names are looked up before they are called; null where they are not. */
  readonly names: Names | null;
}

/** How a window goes out: by at most so many requests, and where a new one begins in any case. */
export interface Plan {
  readonly limit: number;
  readonly breaks: readonly number[];
}

/** Then no other request is begun: what was sent is recorded this often at the least, and a crash repeats no more than that. */
const WINDOW_MS = 2_000;
/** For what is beside the last request: a name to look up, a call to the Courier and back, the first of several requests of an event. */
const MARGIN_MS = 60_000;

/** By when a window ought to have come back, however many events it holds. */
export function longestMs({ timeoutMs }: Pick<Manner, 'timeoutMs'>): number {
  return WINDOW_MS + timeoutMs + MARGIN_MS;
}

/** In order of the events. A failure lets those under way end and starts no other: a dead receiver is not asked 200 times. */
export async function sendAll(
  events: readonly Outgoing[],
  target: Target,
  given: Wire,
  { limit, breaks }: Plan = { limit: 1, breaks: [] },
): Promise<Attempt[]> {
  const wire = target.destination.signs ? { ...given, fetch: resending(given.fetch) } : given;
  const trace = traceOf(target);
  const refused = await refusal(target, wire.names, trace.ofAnswer);
  const pack = packer();
  const batches = batchesOf(events, target, breaks).slice(0, limit);
  const attempts: Attempt[][] = [];
  const until = wire.now() + WINDOW_MS;
  let next = 0;
  let failed = false;
  async function lane(): Promise<void> {
    while (!failed && next < batches.length && wire.now() < until) {
      const request = next++;
      const batch = batches[request];
      if (batch === undefined) return;
      const at = wire.now();
      const { outcome, exchange } = refused === null ? await send(batch, target, wire, trace) : { outcome: refused };
      const durationMs = Math.max(0, wire.now() - at);
      const text = exchange === undefined ? null : pack(exchange);
      attempts[request] = batch.map(({ seq }, index) => ({
        seq,
        at,
        durationMs,
        request,
        outcome,
        exchange: index === 0 ? text : null,
      }));
      failed ||= outcome.kind !== 'delivered' && outcome.kind !== 'rejected';
    }
  }
  await Promise.all(Array.from({ length: Math.min(target.concurrency, batches.length) }, lane));
  return attempts.flat();
}

/** A name that leads astray may lead right again tomorrow, and whoever can turn it for a moment must not end its deliveries. */
async function refusal(
  { destination, url, policy }: Target,
  names: Names | null,
  redact: Redact,
): Promise<Outcome | null> {
  const address = vetFor(destination, url, policy);
  if (!address.ok) return { kind: 'gone', status: null, detail: redact(address.error) };
  if (names === null) return null;
  const found = await names.find(address.value.hostname);
  if (found.kind === 'public' || (found.kind === 'unknown' && names.failsOpen)) return null;
  return { kind: 'retry', status: null, detail: redact(found.detail), afterMs: null };
}

/** What all requests of a window have in common, for what is kept of them. */
interface Trace {
  readonly to: string;
  readonly ofRequest: Redact | null;
  readonly ofAnswer: Redact;
}

function traceOf({ destination, url }: Target): Trace {
  const redact = redactorOf(url);
  // What is signed says nothing but the event; others have to say whom they mean.
  return { to: placeOf(url), ofRequest: destination.signs ? null : redact, ofAnswer: redact };
}

interface Sent {
  readonly outcome: Outcome;
  /** Nothing where nothing was sent. */
  readonly exchange?: Exchange;
}

/** Where an event takes several requests, the first that is not taken speaks for all: a retry begins anew, under the same keys. */
async function send(batch: Batch, target: Target, wire: Wire, trace: Trace): Promise<Sent> {
  const { rest = [], ...first } = await render(batch, target, wire.now());
  let sent = await post(first, batch, target, wire, trace);
  for (const next of rest) {
    if (sent.outcome.kind !== 'delivered') break;
    sent = await post(next, batch, target, wire, trace);
  }
  return sent;
}

async function post(
  { url, headers: given, body }: Rendered,
  batch: Batch,
  target: Target,
  wire: Wire,
  trace: Trace,
): Promise<Sent> {
  const headers = { 'user-agent': 'Gasline/0.1', ...MARK, ...given };
  const request = keepRequest({ url, headers, body }, batch.length === 1 ? batch[0].json : null, trace.ofRequest);
  const ended = (outcome: Outcome, response: Exchange['response']): Sent => ({
    outcome,
    exchange: { to: trace.to, request, response },
  });
  // workerd refuses its fetch when it is called as a method of another object.
  const { fetch } = wire;
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers,
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(target.timeoutMs),
    });
    const answer = await readAnswer(response);
    const { kept, read } = keepAnswer(answer, target.url, trace.ofAnswer);
    if (isLoop(answer))
      return ended({ kind: 'gone', status: answer.status, detail: 'url leads back to a relay' }, kept);
    return ended(target.destination.classify(read, wire.now()), kept);
  } catch (error) {
    const detail = trace.ofAnswer(explain(error, target));
    return ended({ kind: 'retry', status: null, detail, afterMs: null }, null);
  }
}

function render(batch: Batch, { destination, ...target }: Target, now: number): Promise<Rendered> {
  const { renderBatch } = destination;
  if (target.batch !== null && renderBatch !== undefined) return renderBatch({ ...target, events: batch }, now);
  return destination.render({ ...target, event: batch[0] }, now);
}

/** One character more than is kept, by which it is seen that there was more. */
async function readAnswer(response: Response): Promise<Answer> {
  const { status } = response;
  const headers = headersOf(response);
  // HTTP delivers no more than the length it announced (RFC 9110, 8.6); only what is compressed can grow.
  if (Number(headers.get('content-length') ?? Number.NaN) <= MAX_ANSWER && !headers.has('content-encoding')) {
    return { status, headers, body: await response.text() };
  }
  const decoder = new TextDecoder();
  let body = '';
  if (response.body !== null) {
    const reader = response.body.getReader();
    while (body.length <= MAX_ANSWER) {
      const { done, value } = await reader.read();
      if (done) return { status, headers, body };
      body += decoder.decode(value, { stream: true });
    }
    await reader.cancel();
  }
  return { status, headers, body: body.slice(0, MAX_ANSWER + 1) };
}

/** Gone through once, by what costs least: each look at them is a call into workerd, and each of its iterators has to be collected. */
function headersOf({ headers }: Response): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  headers.forEach((value, name) => found.set(name, value));
  return found;
}

function explain(error: unknown, { timeoutMs }: Target): string {
  if (error instanceof DOMException && error.name === 'TimeoutError') return `no answer within ${timeoutMs / 1_000} s`;
  return `no answer: ${error instanceof Error ? error.message : String(error)}`;
}
