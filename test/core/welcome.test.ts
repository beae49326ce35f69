import { expect, test } from 'vitest';

import { welcome } from '../../worker/embedded/welcome.ts';

const TEAM = { team: 'acme', tokens: { ingest: 'gl_i', read: 'gl_r', admin: 'gl_a' } };

/** The first line, and the receiver that the example names. */
function told(url: string, host: string, allowPrivateEndpoints: boolean): unknown[] {
  const text = welcome(new URL(url), TEAM, { dataDir: '/data', host, allowPrivateEndpoints });
  const [, receiver] = /"kind":"webhook","url":"([^"]+)"/.exec(text) ?? [];
  return [text.split(', team')[0], text.includes('On another machine'), receiver];
}

test.each([
  ['127.0.0.1', 'http://127.0.0.1:8787/', true, 'http://127.0.0.1:8787', false, 'http://127.0.0.1:3000/'],
  ['::1', 'http://[::1]:8787/', true, 'http://[::1]:8787', false, 'http://127.0.0.1:3000/'],
  ['192.168.1.7', 'http://192.168.1.7:80/', true, 'http://192.168.1.7', false, 'http://127.0.0.1:3000/'],
  [
    '192.168.1.7',
    'http://192.168.1.7:8787/',
    false,
    'http://192.168.1.7:8787',
    false,
    'https://hooks.example.com/gasline',
  ],
])('on %s at %s it says that address, and a receiver that it takes', (host, url, allow, address, others, receiver) => {
  expect(told(url, host, allow)).toEqual([`Gasline is listening on ${address}`, others, receiver]);
});

test.each(['0.0.0.0', '::', '*'])('on %s it says all addresses, and how others reach it', (host) => {
  const where = 'all addresses of this machine, port 8787 (here: http://127.0.0.1:8787)';
  const said = told('http://127.0.0.1:8787/', host, false);
  expect(said).toEqual([`Gasline is listening on ${where}`, true, 'https://hooks.example.com/gasline']);
});
