// Addresses as data, and laws over all of their spellings.
import * as fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { expect, test } from 'vitest';

import { isPublicAddress, vetAddress } from '../../worker/delivery/guard.ts';

const PUBLIC_ONLY = { allowPrivate: false };

// What Svix holds its filter against, and Hook0 the answers of a resolver: addresses, as data.
const PROBES: readonly (readonly [address: string, isPublic: boolean])[] = [
  ['10.254.0.0', false],
  ['192.168.10.65', false],
  ['172.16.10.65', false],
  ['172.32.0.1', true],
  ['0.1.2.3', false],
  ['0.0.0.0', false],
  ['127.0.0.1', false],
  ['169.254.45.1', false],
  ['255.255.255.255', false],
  ['192.0.2.255', false],
  ['198.51.100.65', false],
  ['203.0.113.6', false],
  ['100.100.0.0', false],
  ['192.0.0.0', false],
  ['192.0.0.255', false],
  ['192.88.99.7', false],
  ['250.10.20.30', false],
  ['198.18.0.0', false],
  ['224.0.0.251', false],
  ['1.1.1.1', true],
  ['8.8.8.8', true],
  ['::', false],
  ['::1', false],
  ['::ffff:127.0.0.1', false],
  ['::ffff:0.0.0.1', false],
  ['::ffff:8.8.8.8', true],
  ['2001:4860:4860::8888', true],
  ['2606:4700:4700::1111', true],
  ['ff02::1', false],
  ['fe80::1', false],
  ['fc00::1', false],
  ['fdff:ffff::1', false],
  ['fec0::1', false],
  ['2001:db8::1', false],
  ['3fff:fff::1', false],
  ['100::1', false],
  ['2002:808:808::1', false],
  ['64:ff9b::808:808', false],
  ['64:ff9b::7f00:1', false],
  ['64:ff9b:1::1', false],
  ['5f00::1', false],
  ['2001::1', false],
  ['::808:808', false],
  ['not an address', false],
  ['', false],
];

test.each(PROBES)('%j is public: %s', (address, isPublic) => {
  expect(isPublicAddress(address)).toBe(isPublic);
});

/** The special-purpose registries of IANA, by prefix, beside which the guard's own tables stand. */
const SPECIAL = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
].map((range) => ipaddr.IPv4.parseCIDR(range));

const octet = fc.integer({ min: 0, max: 255 });
const bases = [8, 10, 16] as const;
const PREFIX = { 8: '0', 10: '', 16: '0x' } as const;
/** An IPv4 address in any spelling that a URL may have for it: 1 to 4 parts, each in a base of its own, a dot behind. */
const spelt = fc
  .record({
    octets: fc.tuple(octet, octet, octet, octet),
    parts: fc.integer({ min: 1, max: 4 }),
    base: fc.array(fc.constantFrom(...bases), { minLength: 4, maxLength: 4 }),
    dot: fc.constantFrom('.', '。', '．', '｡', '%2e'),
    end: fc.constantFrom('', '.'),
  })
  .map(({ octets, parts, base, dot, end }) => {
    const last = octets.slice(parts - 1).reduce((sum, part) => sum * 256 + part, 0);
    const numbers = [...octets.slice(0, parts - 1), last].map((value, index) => {
      const radix = base[index] ?? 10;
      return PREFIX[radix] + value.toString(radix);
    });
    return { host: numbers.join(dot) + end, address: ipaddr.IPv4.parse(octets.join('.')) };
  });

test('no spelling of an IPv4 address that is not public is ever accepted', () => {
  fc.assert(
    fc.property(spelt, ({ host, address }) => {
      const isSpecial = SPECIAL.some((range) => address.match(range));
      expect(vetAddress(`https://${host}/`, PUBLIC_ONLY).ok && isSpecial).toBe(false);
    }),
    { numRuns: 2_000 },
  );
});

test('no IPv6 address in which one that is not public is wrapped is ever accepted', () => {
  const inner = fc.constantFrom('7f00:1', 'a9fe:a9fe', 'a00:1', 'c0a8:101', '0:1', '6440:1');
  const wrapped = fc.oneof(
    inner.map((low) => `::ffff:${low}`),
    inner.map((low) => `::${low}`),
    inner.map((low) => `::ffff:0:${low}`),
    inner.map((low) => `64:ff9b::${low}`),
    fc.tuple(inner, fc.integer({ min: 0, max: 65_535 })).map(([low, net]) => `64:ff9b:1:${net.toString(16)}::${low}`),
    fc.tuple(inner, fc.integer({ min: 0, max: 65_535 })).map(([high, low]) => `2002:${high}::${low.toString(16)}`),
    fc.tuple(inner, fc.integer({ min: 0, max: 65_535 })).map(([low, net]) => `2001:0:${net.toString(16)}::${low}`),
  );
  fc.assert(
    fc.property(wrapped, (host) => {
      expect([host, vetAddress(`https://[${host}]/`, PUBLIC_ONLY).ok]).toEqual([host, false]);
    }),
    { numRuns: 500 },
  );
});

test('whatever is accepted has a host that is a public address or a name with a dot, and none at the end', () => {
  const host = fc.oneof(fc.webAuthority(), fc.ipV6(), fc.ipV4Extended(), fc.string({ unit: 'binary', maxLength: 20 }));
  fc.assert(
    fc.property(host, fc.constantFrom('', '[', '@', '\\', ':443'), (text, junk) => {
      for (const url of [`https://${text}${junk}/`, `https://[${text}]/`, `https:${junk}${text}`]) {
        const vetted = vetAddress(url, PUBLIC_ONLY);
        if (!vetted.ok) continue;
        const { hostname, protocol, username, password } = vetted.value;
        const bare = hostname.replace(/^\[|\]$/g, '');
        expect([protocol, username, password]).toEqual(['https:', '', '']);
        expect(ipaddr.isValid(bare) ? isPublicAddress(bare) : /^[^.].*\.[^.]+$/.test(bare)).toBe(true);
      }
    }),
    { numRuns: 2_000 },
  );
});
