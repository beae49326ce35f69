import { expect, test } from 'vitest';

import { vetAddress } from '../../worker/delivery/guard.ts';
import { placeOf } from '../../worker/destination/address.ts';

const PUBLIC_ONLY = { allowPrivate: false };

test.each([
  'https://example.com/hook',
  'https://example.com:8443/hook?a=b#c',
  'https://hooks.sub.example.co.uk/',
  'https://93.184.215.14/',
  'https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/',
  'https://xn--bcher-kva.example/',
  'https://localhost.example.com/',
  'https://internal.example.com/',
])('%s is a public server', (url) => {
  expect(vetAddress(url, PUBLIC_ONLY).ok).toBe(true);
});

const IPV4 = {
  loopback: ['127.0.0.1', '127.255.255.254'],
  private: ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1'],
  'link-local': ['169.254.0.1', '169.254.169.254'],
  'carrier-grade NAT': ['100.64.0.1', '100.127.255.255'],
  'this network': ['0.0.0.0', '0.1.2.3'],
  multicast: ['224.0.0.1', '239.255.255.255'],
  broadcast: ['255.255.255.255'],
  reserved: ['240.0.0.1', '192.0.0.1', '192.88.99.1'],
  documentation: ['192.0.2.1', '198.51.100.1', '203.0.113.1'],
  benchmarking: ['198.18.0.1', '198.19.255.255'],
};
const SPELLINGS = {
  decimal: ['2130706433', '2852039166'],
  hexadecimal: ['0x7f000001', '0x7f.0.0.1', '0xa9.0xfe.0xa9.0xfe'],
  octal: ['0177.0.0.1', '017700000001', '0251.0376.0251.0376'],
  short: ['127.1', '127.0.1', '10.1', '0'],
  fullwidth: ['１２７.０.０.１', '127。0。0。1', '①②⑦.⓪.⓪.①', '１２７．０．０．１', '𝟏𝟐𝟕.𝟎.𝟎.𝟏', '127｡1', '０ｘ7f.1'],
  'with a trailing dot': ['127.0.0.1.', '169.254.169.254.', '2130706433.', '127.1.', '0x7f.1.', '127。1。'],
  'percent-encoded': [
    '%31%32%37.0.0.1',
    '127%2e0%2E0%2e1',
    '%32%31%33%30%37%30%36%34%33%33',
    '%EF%BC%91%EF%BC%92%EF%BC%97.1',
  ],
  'mixed with a soft hyphen': ['127.0.0\u00AD.1', '2130\u200B706433'],
  'out of range': ['4294967296', '256.0.0.1', '127.0.0.0.1', '0x100000000', '08.0.0.1', '127.0.0x', '1.2.3.4.5'],
};
const IPV6 = {
  loopback: ['::1', '0:0:0:0:0:0:0:1'],
  unspecified: ['::'],
  'IPv4-mapped': ['::ffff:7f00:1', '::ffff:127.0.0.1', '::ffff:a9fe:a9fe', '::ffff:10.0.0.1'],
  'IPv4-compatible': ['::7f00:1', '::127.0.0.1'],
  'IPv4-translated': ['::ffff:0:127.0.0.1'],
  NAT64: ['64:ff9b::7f00:1', '64:ff9b::10.0.0.1', '64:ff9b:1::1'],
  '6to4': ['2002:7f00:1::', '2002:a9fe:a9fe::1'],
  Teredo: ['2001::1', '2001:0:4136:e378:8000:63bf:3fff:fdd2'],
  'unique local': ['fc00::1', 'fd12:3456:789a::1'],
  'link-local': ['fe80::1'],
  'site-local': ['fec0::1'],
  multicast: ['ff02::1', 'ff0e::1'],
  documentation: ['2001:db8::1', '3fff::1'],
  discard: ['100::1'],
  'segment routing': ['5f00::1'],
  unallocated: ['4000::1', '9000::1', '200::1'],
  'protocol assignment': ['2001:1::1', '2001:2::1', '2001:4:112::1', '2001:10::1', '2001:20::1', '2001:1ff:ffff::1'],
  'with a zone': ['fe80::1%25eth0', 'fe80::1%eth0', '::1%25lo', '2606:2800:21f:cb07:6820:80da:af6b:8b2c%25eth0'],
  'in a spelling of its own': ['::ffff:0x7f000001', '::FFFF:127.0.0.1', '0000:0:0::0001', '::ffff:127.1', '::%31'],
};

const LITERALS = [
  ...Object.entries({ ...IPV4, ...SPELLINGS }).flatMap(([kind, hosts]) => hosts.map((host) => [kind, host] as const)),
  ...Object.entries(IPV6).flatMap(([kind, hosts]) => hosts.map((host) => [kind, `[${host}]`] as const)),
];

test.each(LITERALS)('a %s address is refused: %s', (_, host) => {
  expect(vetAddress(`https://${host}/hook`, PUBLIC_ONLY).ok).toBe(false);
});

test.each([
  'localhost',
  'LOCALHOST',
  'app.localhost',
  'localhost.',
  'intranet',
  'router',
  'printer.local',
  'example.com.',
  'metadata.google.internal',
  'db.internal',
  'ｌｏｃａｌｈｏｓｔ',
  'nas.lan',
  'box.home.arpa',
  'a.test',
  'a.invalid',
  'localhost.localdomain',
  'kubernetes.default.svc',
  'vault.service.consul',
  'expyuzz4wqqyqhjn.onion',
  '%6c%6f%63alhost',
  'local\u00ADhost',
  'a%2elocal',
  'a。internal',
  'example.com%2e',
  'example.com。',
])('a name that does not leave the local network is refused: %s', (host) => {
  expect(vetAddress(`https://${host}/hook`, PUBLIC_ONLY).ok).toBe(false);
});

test.each([
  ['http://example.com/', 'url must be https, got http://example.com'],
  ['ftp://example.com/', 'url must be https, got ftp:'],
  ['file:///etc/passwd', 'url must be https, got file:'],
  ['javascript:alert(1)', 'url must be https, got javascript:'],
  ['data:text/plain,a', 'url must be https, got data:'],
  ['https://user:secret@example.com/', 'url must not carry a user name or password'],
  ['https://user@example.com/', 'url must not carry a user name or password'],
  ['https://example.com:22/', 'url must use port 443 or 8443, got 22'],
  ['https://example.com:80/', 'url must use port 443 or 8443, got 80'],
  ['https://10.0.0.1/', 'url must name a public server, got 10.0.0.1'],
  ['//example.com/', 'url must be an absolute https URL, got //example.com/'],
  ['example.com', 'url must be an absolute https URL, got example.com'],
  ['', 'url must be an absolute https URL, got '],
  ['https://', 'url must be an absolute https URL, got https://'],
  ['https://[::1', 'url must be an absolute https URL, got https://[::1'],
])('%j is refused with what to do', (url, error) => {
  expect(vetAddress(url, PUBLIC_ONLY)).toEqual({ ok: false, error });
});

test('a password is not repeated in the words of a refusal', () => {
  const vetted = vetAddress('https://user:hunter2@example.com/', PUBLIC_ONLY);
  expect(JSON.stringify(vetted)).not.toContain('hunter2');
});

const OWN = { allowPrivate: false, own: ['relay.example.com', 'gasline.acme.workers.dev'] };
test.each([
  ['https://relay.example.com/v1/events', false],
  ['https://RELAY.example.com:8443/', false],
  ['https://relay.example.com./', false],
  ['https://relay%2eexample.com/', false],
  ['https://gasline.acme.workers.dev/', false],
  ['https://1a2b3c4d-gasline.acme.workers.dev/', false],
  ['https://staging-gasline.acme.workers.dev/', false],
  ['https://other.acme.workers.dev/', true],
  ['https://notgasline.acme.workers.dev/', true],
  ['https://other-relay.example.com/', true],
  ['https://hooks.relay.example.com/', true],
])("%s is somebody else's server: %s", (url, isOther) => {
  expect(vetAddress(url, OWN).ok).toBe(isOther);
});

test('a relay on the machine of its operator is known by its port too', () => {
  const policy = { allowPrivate: true, own: ['127.0.0.1:8787', 'relay.example.com'] };
  expect(vetAddress('http://127.0.0.1:8787/v1/events', policy)).toEqual({
    ok: false,
    error: 'url must not lead back to this relay, got 127.0.0.1:8787',
  });
  expect(vetAddress('http://2130706433:8787/', policy).ok).toBe(false);
  expect(vetAddress('https://relay.example.com/', policy).ok).toBe(false);
  expect(vetAddress('http://127.0.0.1:3000/', policy).ok).toBe(true);
});

test.each([
  ['https://hooks.example.com:8443/a/secret?b=c#d', 'https://hooks.example.com:8443'],
  ['mailto:ann@example.com', 'mailto:*@example.com'],
  ['', ''],
])('of %s everybody may see %j', (url, origin) => {
  expect(placeOf(url)).toBe(origin);
});

test('the operator may allow http and private addresses, but no other scheme and no password', () => {
  const allowed = { allowPrivate: true };
  expect(vetAddress('http://127.0.0.1:3000/', allowed).ok).toBe(true);
  expect(vetAddress('http://nas.lan/', allowed).ok).toBe(true);
  expect(vetAddress('file:///etc/passwd', allowed).ok).toBe(false);
  expect(vetAddress('http://user:secret@127.0.0.1/', allowed).ok).toBe(false);
});
