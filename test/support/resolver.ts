// A resolver on loopback that speaks DNS over HTTPS in JSON and says of each name what a test tells it to.
import { createServer } from 'node:http';

import { close, listen } from './listen.ts';

export interface DnsRecord {
  readonly type: 'A' | 'AAAA' | 'CNAME';
  readonly data: string;
  readonly ttl?: number;
}

export type Zone =
  | readonly DnsRecord[]
  | { readonly status: number }
  | { readonly http: number; readonly body: string; readonly headers?: Record<string, string> }
  | 'silence'
  | 'reset';

export interface Resolver {
  readonly url: string;
  /** The questions that came, such as `example.com AAAA`. */
  readonly questions: readonly string[];
  readonly say: (name: string, zone: Zone) => void;
  readonly close: () => Promise<void>;
}

const NUMBERS = { A: 1, CNAME: 5, AAAA: 28 } as const;

export async function startResolver(): Promise<Resolver> {
  const zones = new Map<string, Zone>();
  const questions: string[] = [];
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '/', 'http://resolver');
    const name = searchParams.get('name') ?? '';
    const type = searchParams.get('type') ?? '';
    questions.push(`${name} ${type}`);
    const zone = zones.get(name) ?? { status: 3 };
    if (zone === 'silence') return;
    if (zone === 'reset') {
      response.destroy();
      return;
    }
    if ('http' in zone) {
      response.writeHead(zone.http, zone.headers).end(zone.body);
      return;
    }
    response.writeHead(200, { 'content-type': request.headers.accept ?? '' });
    response.end(JSON.stringify('status' in zone ? { Status: zone.status } : answerOf(name, type, zone)));
  });
  const url = await listen(server);
  return {
    url: new URL('dns-query', url).href,
    questions,
    say: (name, zone) => void zones.set(name, zone),
    close: () => close(server),
  };
}

/** As resolvers do, what was asked for and the names on the way to it. */
function answerOf(name: string, type: string, records: readonly DnsRecord[]) {
  const wanted = records.filter((record) => record.type === type || record.type === 'CNAME');
  const answer = wanted.map((one) => ({ name, type: NUMBERS[one.type], TTL: one.ttl ?? 60, data: one.data }));
  return answer.length === 0 ? { Status: 0 } : { Status: 0, Answer: answer };
}
