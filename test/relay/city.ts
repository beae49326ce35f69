// A Gas City on loopback that answers as its documentation and source say (gastownhall/gascity: docs/reference/api.md,
// internal/api/huma_handlers_events.go and _mail.go), in either of its generations.
import { startReceiver, type Answer, type Delivery, type Receiver } from './receiver.ts';

/** `named`: /v0/city/<name>/…, with idempotency. `plain`: /v0/…, one city, without. */
type Generation = 'named' | 'plain';

export interface City {
  /** What an endpoint leads to. */
  readonly url: string;
  /** Its log. */
  readonly events: readonly Record<string, string>[];
  /** What its agents have got. */
  readonly mails: readonly Record<string, string>[];
  readonly receiver: Receiver;
  readonly answer: (delivery: Delivery) => Answer;
}

export async function startCity(generation: Generation, isRunning: () => boolean = () => true): Promise<City> {
  const taken = new Map<string, string>();
  const events: Record<string, string>[] = [];
  const mails: Record<string, string>[] = [];
  const base = generation === 'named' ? '/v0/city/lab' : '/v0';

  function answer({ path, headers, body, event }: Delivery): Answer {
    if (headers['x-gc-request'] === undefined)
      return problem(403, 'csrf: X-GC-Request header required on mutation endpoints');
    const route = ROUTES[path.slice(base.length + 1)];
    if (!path.startsWith(base) || route === undefined || !isRunning())
      return problem(404, 'not_found: city not found or not running: lab');
    if (headers['content-type'] !== 'application/json') return problem(415, 'unsupported', 'validation-failed');
    const given = event as Record<string, unknown>;
    const wrong = Object.keys(given).filter((name) => ![...route.needs, ...route.takes].includes(name));
    if (!route.needs.every((name) => isText(given[name])) || wrong.length > 0)
      return problem(422, 'validation failed', 'validation-failed');
    const key = headers['idempotency-key'];
    if (generation === 'named' && typeof key === 'string') {
      const held = taken.get(key);
      if (held !== undefined && held !== body)
        return problem(422, 'key used with another body', 'idempotency-mismatch');
      if (held !== undefined) return route.answer;
      taken.set(key, body);
    }
    (route === ROUTES['mail'] ? mails : events).push(event);
    return route.answer;
  }

  const receiver = await startReceiver(answer);
  return { url: new URL(base, receiver.url).href, events, mails, receiver, answer };
}

interface Route {
  readonly needs: readonly string[];
  readonly takes: readonly string[];
  readonly answer: Answer;
}

const ROUTES: Readonly<Record<string, Route>> = {
  events: {
    needs: ['type', 'actor'],
    takes: ['subject', 'message'],
    answer: { status: 201, body: '{"status":"recorded"}' },
  },
  mail: {
    needs: ['to', 'subject'],
    takes: ['rig', 'from', 'body'],
    answer: { status: 201, body: '{"id":"gcm-1","read":false}' },
  },
};

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function problem(status: number, detail: string, code?: string): Answer {
  const named = code === undefined ? {} : { type: `urn:gascity:error:${code}`, code };
  const headers = { 'content-type': 'application/problem+json' };
  return { status, headers, body: JSON.stringify({ ...named, title: 'a problem', status, detail }) };
}
