// Which protocol a request speaks. Until 2025-11-25 a client opens with a handshake, which we need not remember; since 2026-07-28
// there is none, and each request says for itself what it speaks, in its body and once more in its headers.
import { fail, ok, type Result } from '../result.ts';
import { faulty, type Fault, type Message } from './message.ts';

export type Era = 'handshake' | 'stateless';

/** The newest first. 2025-03-26 is not among them: who speaks it may send batches. */
export const VERSIONS = { stateless: ['2026-07-28'], handshake: ['2025-11-25', '2025-06-18'] } as const;

/** As sent; null where it is missing. */
export interface Headers {
  readonly version: string | null;
  readonly method: string | null;
  readonly name: string | null;
}

const META = 'io.modelcontextprotocol/';

export function eraOf({ method, params }: Message, headers: Headers): Result<Era, Fault> {
  const meta = isObject(params['_meta']) ? params['_meta'] : {};
  const said = meta[`${META}protocolVersion`];
  const version = typeof said === 'string' ? said : null;
  if (version !== null && headers.version !== version) return fail(mismatch('MCP-Protocol-Version', headers.version));
  const spoken = spokenBy(headers.version);
  if (!spoken.ok || spoken.value === 'handshake') return spoken;
  if (version === null) return fail(missing('protocolVersion'));
  if (!isObject(meta[`${META}clientCapabilities`])) return fail(missing('clientCapabilities'));
  if (headers.method !== method) return fail(mismatch('Mcp-Method', headers.method));
  if (method === 'tools/call' && plain(headers.name) !== params['name'])
    return fail(mismatch('Mcp-Name', headers.name));
  return spoken;
}

/** Whoever sends no such header has shaken hands, or is about to. */
export function spokenBy(version: string | null): Result<Era, Fault> {
  if (version === null || isIn(VERSIONS.handshake, version)) return ok('handshake');
  if (isIn(VERSIONS.stateless, version)) return ok('stateless');
  const supported = Object.values(VERSIONS).flat();
  const requested = version.slice(0, 80);
  const detail = `unsupported protocol version ${requested}: speak ${supported.join(', ')}`;
  return fail(faulty('unsupported-version', detail, { supported, requested }));
}

/** What a client of a handshake is told to speak: what it asks for, or the newest that we know. */
export function agreed(asked: unknown): string {
  return VERSIONS.handshake.find((version) => version === asked) ?? VERSIONS.handshake[0];
}

/** What is said of ourselves in each stateless answer. */
export function signed(server: object): object {
  return { _meta: { [`${META}serverInfo`]: server } };
}

function missing(field: string): Fault {
  return faulty('invalid-params', `params._meta.${META}${field}: is missing`);
}

function mismatch(header: string, got: string | null): Fault {
  return faulty(
    'header-mismatch',
    `the header ${header} must say what the body says, got ${got?.slice(0, 80) ?? 'none'}`,
  );
}

/** What no header can hold comes in base64 (2026-07-28, Streamable HTTP, Value Encoding). */
function plain(header: string | null): string | null {
  const [, encoded] = /^=\?base64\?([A-Za-z0-9+/]*={0,2})\?=$/.exec(header ?? '') ?? [];
  if (encoded === undefined) return header;
  try {
    const bytes = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

function isIn(list: readonly string[], text: string): boolean {
  return list.includes(text);
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
