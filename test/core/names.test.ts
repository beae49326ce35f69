import { afterAll, beforeAll, expect, test } from 'vitest';

import { findName, type Finding } from '../../worker/delivery/names.ts';
import { startResolver, type DnsRecord, type Resolver, type Zone } from '../support/resolver.ts';

let resolver: Resolver;
beforeAll(async () => {
  resolver = await startResolver();
});
afterAll(() => resolver.close());

let names = 0;
/** A name of its own for each test: what was found of one is kept. */
const newName = () => `n${(names += 1)}.example.com`;
const find = (name: string, now = 0): Promise<Finding> => findName(name, { url: resolver.url, fetch, now: () => now });

const a = (data: string, ttl?: number): DnsRecord => ({ type: 'A', data, ...(ttl === undefined ? {} : { ttl }) });
const aaaa = (data: string): DnsRecord => ({ type: 'AAAA', data });
const cname = (data: string): DnsRecord => ({ type: 'CNAME', data });

test.each<[string, Zone, Finding['kind'], string]>([
  ['public addresses', [a('93.184.215.14'), aaaa('2606:2800:21f::1')], 'public', ''],
  ['a public address of one kind', [aaaa('2606:2800:21f::1')], 'public', ''],
  ['a public address by another name', [cname('cdn.example.net.'), a('1.1.1.1')], 'public', ''],
  ['a private address', [a('10.0.0.1')], 'refused', 'leads to 10.0.0.1'],
  ['loopback', [a('127.0.0.1')], 'refused', 'leads to 127.0.0.1'],
  ['the address of metadata', [a('169.254.169.254')], 'refused', 'leads to 169.254.169.254'],
  ['a private address among public ones', [a('1.1.1.1'), a('192.168.0.7')], 'refused', 'leads to 192.168.0.7'],
  ['a public IPv4 and a private IPv6', [a('1.1.1.1'), aaaa('fd00::1')], 'refused', 'leads to fd00::1'],
  ['a mapped address', [aaaa('::ffff:7f00:1')], 'refused', 'leads to ::ffff:7f00:1'],
  ['a translated address', [aaaa('64:ff9b::a00:1')], 'refused', 'leads to 64:ff9b::a00:1'],
  ['a private address by another name', [cname('x.internal.'), a('10.1.2.3')], 'refused', 'leads to 10.1.2.3'],
  ['an address that is none', [a('not an address')], 'refused', 'leads to not an address'],
  ['another name alone', [cname('nowhere.example.net.')], 'refused', 'has no address'],
  ['nothing', [], 'refused', 'has no address'],
  ['no such name', { status: 3 }, 'refused', 'has no address'],
  ['a resolver that fails', { status: 2 }, 'unknown', 'DNS error 2'],
  ['an HTTP error', { http: 503, body: '{"Status":0,"Answer":[]}' }, 'unknown', 'answered 503'],
  ['a redirect', { http: 302, body: '', headers: { location: 'https://example.com/' } }, 'unknown', 'answered 302'],
  ['garbage', { http: 200, body: '<html>' }, 'unknown', 'something else than DNS'],
  ['JSON of another kind', { http: 200, body: '{"Status":"0"}' }, 'unknown', 'something else than DNS'],
  ['records of another kind', { http: 200, body: '{"Status":0,"Answer":[1]}' }, 'unknown', 'something else than DNS'],
  ['a connection that breaks', 'reset', 'unknown', 'did not answer'],
])('a name that leads to %s', async (_, zone, kind, words) => {
  const name = newName();
  resolver.say(name, zone);
  const found = await find(name);
  expect(found.kind).toBe(kind);
  expect('detail' in found ? found.detail : '').toContain(words);
  expect(found.kind === 'public' || found.detail.includes(name)).toBe(true);
});

test('a resolver that hangs is waited for two seconds, not for each name of a burst anew', async () => {
  const name = newName();
  resolver.say(name, 'silence');
  const start = performance.now();
  expect((await find(name, 0)).kind).toBe('unknown');
  const waited = performance.now() - start;
  expect(waited).toBeGreaterThan(1_800);
  expect(waited).toBeLessThan(6_000);
  const asked = resolver.questions.length;
  expect((await find(name, 9_000)).kind).toBe('unknown');
  expect(resolver.questions).toHaveLength(asked);
  resolver.say(name, [a('1.1.1.1')]);
  expect((await find(name, 10_001)).kind).toBe('public');
});

test('what was found holds as long as its records say, but for no less than half a minute and no more than five', async () => {
  for (const [ttl, heldS] of [
    [0, 30],
    [100, 100],
    [86_400, 300],
  ] as const) {
    const name = newName();
    resolver.say(name, [a('1.1.1.1', ttl)]);
    expect((await find(name, 0)).kind).toBe('public');
    resolver.say(name, [a('10.0.0.1', ttl)]);
    expect((await find(name, heldS * 1_000 - 1)).kind).toBe('public');
    expect((await find(name, heldS * 1_000)).kind).toBe('refused');
    resolver.say(name, [a('1.1.1.1', ttl)]);
    expect((await find(name, (heldS + 30) * 1_000)).kind).toBe('public');
  }
});

test('an address needs no resolver, and a name is asked for by both kinds', async () => {
  const before = resolver.questions.length;
  for (const hostname of ['1.1.1.1', '[2606:4700:4700::1111]']) expect((await find(hostname)).kind).toBe('public');
  expect(resolver.questions).toHaveLength(before);
  const name = newName();
  await find(name);
  expect(resolver.questions.slice(before).toSorted()).toEqual([`${name} A`, `${name} AAAA`]);
});
