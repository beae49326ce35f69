// Addresses of mail. Those of a Gas Town are its own, normalised as it does (`AddressToIdentity` in internal/mail/mailbox.go of
// steveyegge/gastown); ours are `member:`, `session:` and `project:`, for whoever works in none. An address is safe in a line, in a
// list with commas and as an argument: a town keeps senders in a label that commas part.
import { fail, ok, type Result } from '../result.ts';

/** As it is compared and stored: two spellings of one address are the same text. */
export type Address = string & { readonly __unit: 'address' };

/** Somebody in a town. `boot`, `dog` and so on are the town's own words, `worker` is one of a rig whose role nobody said. */
export interface Agent {
  readonly address: Address;
  readonly town: string | null;
  readonly rig: string | null;
  readonly role: string;
}

export interface Parsed {
  readonly address: Address;
  readonly kind: 'agent' | 'group' | 'other';
  /** Null where it is none of a town's. */
  readonly agent: Agent | null;
}

const MAX_ADDRESS = 256;

/** A town, a rig, an agent: never an option, a path of dots or an empty step. */
export const NAME = /^[a-z0-9][\w.-]{0,63}$/i;
const TOWN = /^([a-z0-9][\w.-]{0,63}):(.*)$/is;
const OURS = /^(?:member|project|session):/;
/** Words with single spaces between them, without commas or whatever does not show. */
const LABEL = /^[^\p{C}\p{Z},]+(?: [^\p{C}\p{Z},]+)*$/u;
const GROUP = /^@(?:town|witnesses|dogs|refineries|deacons|(?:rig|crew|polecats)\/[A-Za-z0-9][\w.-]{0,63})$/;

export const ADDRESSES =
  'overseer, mayor/, deacon/, <rig>/witness, <rig>/<name>, a group such as @town, member:<user>, session:<id> or project:<id>';

export function parseAddress(given: string): Result<Parsed, string> {
  const text = given.normalize('NFC');
  if (text.length > MAX_ADDRESS) return fail(`must be at most ${MAX_ADDRESS} characters`);
  if (OURS.test(text)) {
    const isGood = LABEL.test(text.slice(text.indexOf(':') + 1));
    return isGood ? ok({ address: text as Address, kind: 'other', agent: null }) : fail(MUST_BE_PLAIN);
  }
  const [, town = null, rest = text] = TOWN.exec(text) ?? [];
  const prefix = town === null ? '' : `${town}:`;
  const asked = rest === '@overseer' ? 'overseer' : rest;
  if (GROUP.test(asked)) return ok({ address: `${prefix}${asked}` as Address, kind: 'group', agent: null });
  const place = placeOf(asked);
  if (place === null) return fail(`must be an address: ${ADDRESSES}`);
  const address = `${prefix}${place.path}` as Address;
  return ok({ address, kind: 'agent', agent: { address, town, rig: place.rig, role: place.role } });
}

const MUST_BE_PLAIN = 'must be visible characters without commas, with single spaces between words';

interface Place {
  readonly path: string;
  readonly rig: string | null;
  readonly role: string;
}

/** There is one of each in a town, and none of them is anybody's in a rig. */
const TOWN_LEVEL: Readonly<Record<string, string>> = { overseer: 'overseer', mayor: 'mayor/', deacon: 'deacon/' };
const RIG_LEVEL: readonly string[] = ['witness', 'refinery'];
const WORKERS: Readonly<Record<string, string>> = { crew: 'crew', polecats: 'polecat', polecat: 'polecat' };
/** Words of the grammar, which are nobody's name. */
const RESERVED = new Set([...Object.keys(TOWN_LEVEL), ...RIG_LEVEL, ...Object.keys(WORKERS), 'dogs']);

function placeOf(text: string): Place | null {
  const parts = text.replace(/\/$/, '').split('/');
  const [first = '', second, third] = parts;
  if (parts.length > 3 || !parts.every((part) => NAME.test(part))) return null;
  if (second === undefined) return townLevel(first);
  if (first === 'deacon') return ofDeacon(second, third);
  if (RESERVED.has(first)) return null;
  if (third === undefined) {
    if (RIG_LEVEL.includes(second)) return { path: `${first}/${second}`, rig: first, role: second };
    // They are the town's, whatever rig they were named with.
    if (second === 'mayor' || second === 'deacon') return townLevel(second);
    return RESERVED.has(second) ? null : { path: `${first}/${second}`, rig: first, role: 'worker' };
  }
  const role = Object.hasOwn(WORKERS, second) ? WORKERS[second] : undefined;
  return role === undefined || RESERVED.has(third) ? null : { path: `${first}/${third}`, rig: first, role };
}

function townLevel(name: string): Place | null {
  const path = Object.hasOwn(TOWN_LEVEL, name) ? TOWN_LEVEL[name] : undefined;
  return path === undefined ? null : { path, rig: null, role: name };
}

function ofDeacon(second: string, third: string | undefined): Place | null {
  if (third === undefined) return second === 'boot' ? { path: 'deacon/boot', rig: null, role: 'boot' } : null;
  return second === 'dogs' ? { path: `deacon/dogs/${third}`, rig: null, role: 'dog' } : null;
}

/** Who sent something need not be anybody that can be written to: a town's mail also comes from its programs. */
export function parseSender(given: string): Result<string, string> {
  const parsed = parseAddress(given);
  if (parsed.ok)
    return parsed.value.kind === 'group' ? fail('must be somebody, not a group') : ok(parsed.value.address);
  const text = given.normalize('NFC');
  return text.length <= MAX_ADDRESS && LABEL.test(text) ? ok(text) : fail(MUST_BE_PLAIN);
}
