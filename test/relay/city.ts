// A Gas City on loopback that answers as its documentation and source say (gastownhall/gascity: docs/reference/api.md,
// internal/api/huma_handlers_events.go), in either of its generations.
import { startReceiver, type Answer, type Delivery, type Receiver } from './receiver.ts';

/** `named`: /v0/city/<name>/…, with idempotency. `plain`: /v0/…, one city, without. */
type Generation = 'named' | 'plain';

export interface City {
  /** What an endpoint leads to. */
  readonly url: string;
  /** Its log. */
  readonly events: readonly Record<string, string>[];
  readonly receiver: Receiver;
  readonly answer: (delivery: Delivery) => Answer;
}

export async function startCity(generation: Generation, isRunning: () => boolean = () => true): Promise<City> {
  const events: Record<string, string>[] = [];
  const taken = new Map<string, string>();
  const base = generation === 'named' ? '/v0/city/lab' : '/v0';

  function answer({ path, headers, body, event }: Delivery): Answer {
    if (headers['x-gc-request'] === undefined)
      return problem(403, 'csrf: X-GC-Request header required on mutation endpoints');
    if (path !== `${base}/events` || !isRunning()) return problem(404, 'not_found: city not found or not running: lab');
    if (headers['content-type'] !== 'application/json') return problem(415, 'unsupported', 'validation-failed');
    const { type, actor, ...rest } = event as Record<string, unknown>;
    const wrong = Object.keys(rest).filter((name) => !['subject', 'message'].includes(name));
    if (!isText(type) || !isText(actor) || wrong.length > 0)
      return problem(422, 'validation failed', 'validation-failed');
    const key = headers['idempotency-key'];
    if (generation === 'named' && typeof key === 'string') {
      const held = taken.get(key);
      if (held !== undefined && held !== body)
        return problem(422, 'key used with another body', 'idempotency-mismatch');
      if (held !== undefined) return RECORDED;
      taken.set(key, body);
    }
    events.push(event);
    return RECORDED;
  }

  const receiver = await startReceiver(answer);
  return { url: new URL(base, receiver.url).href, events, receiver, answer };
}

const RECORDED: Answer = { status: 201, body: '{"status":"recorded"}' };

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function problem(status: number, detail: string, code?: string): Answer {
  const named = code === undefined ? {} : { type: `urn:gascity:error:${code}`, code };
  const headers = { 'content-type': 'application/problem+json' };
  return { status, headers, body: JSON.stringify({ ...named, title: 'a problem', status, detail }) };
}
