// gasline/webhook as it is published, in the runtime of Workers.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { Miniflare } from 'miniflare';
import { expect, test } from 'vitest';

import { signedBy, SPECIFICATION } from '../support/signed.ts';
import { useOnce } from './setup.ts';

const { body, timestamp, v1, v1a } = SPECIFICATION;

const PUBLISHED = join(import.meta.dirname, '..', '..', 'plugin', 'dist', 'webhook.js');
const RECEIVER = /* js */ `
  import { verify } from './webhook.js';
  export default {
    async fetch(request) {
      const now = () => ${timestamp * 1_000};
      const key = new URL(request.url).searchParams.get('key');
      return verify(await request.text(), request.headers, key, { now }).then(
        (event) => Response.json(event),
        ({ code }) => new Response(code, { status: 400 }),
      );
    },
  };`;

const worker = useOnce(
  async () => {
    process.env['CLOUDFLARE_CF_FETCH_ENABLED'] = 'false';
    const runtime = new Miniflare({
      cf: false,
      modules: [
        { type: 'ESModule', path: 'receiver.js', contents: RECEIVER },
        { type: 'ESModule', path: 'webhook.js', contents: readFileSync(PUBLISHED, 'utf8') },
      ],
      compatibilityDate: '2026-07-01',
    });
    return { url: await runtime.ready, close: () => runtime.dispose() };
  },
  ({ close }) => close(),
);

test.each([
  ['v1', v1.signature, v1.secret],
  ['v1a', v1a.signature, v1a.publicKey],
])("in a Worker the specification's %s vector is accepted, and nothing else", async (_, signature, key) => {
  const url = `${worker.url.href}?key=${encodeURIComponent(key)}`;
  const headers = signedBy(signature);
  const good = await fetch(url, { method: 'POST', headers, body });
  expect([good.status, await good.json()]).toEqual([200, JSON.parse(body)]);
  const spoilt = await fetch(url, { method: 'POST', headers, body: `${body} ` });
  expect([spoilt.status, await spoilt.text()]).toEqual([400, 'signature-mismatch']);
});
