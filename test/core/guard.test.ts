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
  'https://1.1.1.1/',
  'https://8.8.8.8/',
  'https://[2606:4700:4700::1111]/',
  'https://[::ffff:8.8.8.8]/',
  'https://[::ffff:808:808]/',
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

/** Each range that Svix's server refuses (`is_allowed`), by its first address, its last and one within. */
const SVIX = {
  '0.0.0.0/8': ['0.0.0.0', '0.1.2.3', '0.255.255.255'],
  '10.0.0.0/8': ['10.0.0.0', '10.254.0.0', '10.255.255.255'],
  '100.64.0.0/10': ['100.64.0.0', '100.100.0.0', '100.127.255.255'],
  '127.0.0.0/8': ['127.0.0.0', '127.0.0.1', '127.255.255.255'],
  '169.254.0.0/16': ['169.254.0.0', '169.254.45.1', '169.254.255.255'],
  '172.16.0.0/12': ['172.16.0.0', '172.16.10.65', '172.31.255.255'],
  '192.0.0.0/24': ['192.0.0.0', '192.0.0.9', '192.0.0.255'],
  '192.0.2.0/24': ['192.0.2.0', '192.0.2.77', '192.0.2.255'],
  '192.88.99.0/24': ['192.88.99.0', '192.88.99.2', '192.88.99.255'],
  '192.168.0.0/16': ['192.168.0.0', '192.168.10.65', '192.168.255.255'],
  '198.18.0.0/15': ['198.18.0.0', '198.18.54.2', '198.19.255.255'],
  '198.51.100.0/24': ['198.51.100.0', '198.51.100.65', '198.51.100.255'],
  '203.0.113.0/24': ['203.0.113.0', '203.0.113.6', '203.0.113.255'],
  '224.0.0.0/4': ['224.0.0.0', '232.1.1.1', '239.255.255.255'],
  '240.0.0.0/4': ['240.0.0.0', '250.10.20.30', '255.255.255.254', '255.255.255.255'],
  '::/128 and ::1/128': ['[::]', '[::1]'],
  '64:ff9b::/96': ['[64:ff9b::]', '[64:ff9b::a9fe:a9fe]', '[64:ff9b::ffff:ffff]'],
  '64:ff9b:1::/48': ['[64:ff9b:1::]', '[64:ff9b:1::7f00:1]', '[64:ff9b:1:ffff:ffff:ffff:ffff:ffff]'],
  '100::/64': ['[100::]', '[100::7]', '[100::ffff:ffff:ffff:ffff]'],
  '2001:db8::/32': ['[2001:db8::]', '[2001:db8:5::1]', '[2001:db8:ffff:ffff:ffff:ffff:ffff:ffff]'],
  '2002::/16': ['[2002::]', '[2002:a00:1::1]', '[2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff]'],
  '3fff::/20': ['[3fff::]', '[3fff:1::1]', '[3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff]'],
  '5f00::/16': ['[5f00::]', '[5f00:1::1]', '[5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff]'],
  'fc00::/7': ['[fc00::]', '[fd00:ec2::254]', '[fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]'],
  'fe80::/10': ['[fe80::]', '[fe80::1]', '[febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff]'],
  'ff00::/8': ['[ff00::]', '[ff0e::1]', '[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]'],
};
/** What Hook0's refuses beside; of `::/8` it lets NAT64 of public addresses through, we do not. */
const HOOK0 = {
  '::/8': ['[::2]', '[::8.8.8.8]', '[1::1]', '[ff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]'],
  'NAT64 of what is refused': ['[64:ff9b::10.0.0.1]', '[64:ff9b::127.0.0.1]', '[64:ff9b::169.254.169.254]'],
  'NAT64 of what is not': ['[64:ff9b::8.8.8.8]'],
  'mapped addresses of what is refused': ['[::ffff:10.0.0.1]', '[::ffff:192.168.0.1]', '[::ffff:100.64.0.1]'],
  '2001::/23': ['[2001::]', '[2001:20::1]', '[2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff]'],
  'fec0::/10': ['[fec0::]', '[fed0::1]', '[feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]'],
};
const casesOf = (table: Readonly<Record<string, readonly string[]>>) =>
  Object.entries(table).flatMap(([range, hosts]) => hosts.map((host) => [range, host] as const));

test.each(casesOf(SVIX))('what Svix refuses is refused: of %s %s', (_, host) => {
  expect(vetAddress(`https://${host}/`, PUBLIC_ONLY).ok).toBe(false);
});

test.each(casesOf(HOOK0))('what Hook0 refuses is refused: of %s %s', (_, host) => {
  expect(vetAddress(`https://${host}/`, PUBLIC_ONLY).ok).toBe(false);
});

test.each([
  ['0.0.0.0/8', '1.0.0.0'],
  ['10.0.0.0/8', '9.255.255.255', '11.0.0.0'],
  ['100.64.0.0/10', '100.63.255.255', '100.128.0.0'],
  ['127.0.0.0/8', '126.255.255.255', '128.0.0.0'],
  ['169.254.0.0/16', '169.253.255.255', '169.255.0.0'],
  ['172.16.0.0/12', '172.15.255.255', '172.32.0.0'],
  ['192.0.0.0/24', '191.255.255.255', '192.0.1.0'],
  ['192.0.2.0/24', '192.0.1.255', '192.0.3.0'],
  ['192.88.99.0/24', '192.88.98.255', '192.88.100.0'],
  ['192.168.0.0/16', '192.167.255.255', '192.169.0.0'],
  ['198.18.0.0/15', '198.17.255.255', '198.20.0.0'],
  ['198.51.100.0/24', '198.51.99.255', '198.51.101.0'],
  ['203.0.113.0/24', '203.0.112.255', '203.0.114.0'],
  ['224.0.0.0/4', '223.255.255.255'],
  ['2001::/23', '[2001:200::]'],
  ['2001:db8::/32', '[2001:db7:ffff:ffff:ffff:ffff:ffff:ffff]', '[2001:db9::]'],
  ['2002::/16', '[2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff]', '[2003::]'],
])('beside %s the internet goes on: %s', (_, ...hosts) => {
  for (const host of hosts) expect([host, vetAddress(`https://${host}/`, PUBLIC_ONLY).ok]).toEqual([host, true]);
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
