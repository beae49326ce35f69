// Cloudflare's send_email binding as Miniflare simulates it: what it is given, it writes to files.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Miniflare } from 'miniflare';
import { expect, test } from 'vitest';

import { letterOf } from '../../worker/destination/email.ts';
import { noteOf } from '../../worker/destination/note.ts';
import { bundleWorker } from '../../worker/embedded/bundle.ts';
import { event } from '../core/told.ts';

const ENTRY = join(import.meta.dirname, '..', 'mail', 'worker', 'index.ts');

test('the binding takes our mails, and its refusal is an answer', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gasline-mail-'));
  const runtime = new Miniflare({
    modules: [{ type: 'ESModule', path: 'worker.mjs', contents: await bundleWorker(ENTRY) }],
    compatibilityDate: '2026-07-30',
    cf: false,
    defaultProjectTmpPath: folder,
    bindings: { EMAIL_FROM: 'Gasline <alerts@example.com>' },
    email: { send_email: [{ name: 'EMAIL', allowed_destination_addresses: ['ann@example.com', 'bob@example.com'] }] },
    handleRuntimeStdio: () => {},
  });
  try {
    const letter = letterOf(noteOf(event(), { spent: '1.5', folded: 0 }), 'ses_1');
    const mail = async (to: string[]) => {
      const body = JSON.stringify({ to, ...letter });
      const response = await runtime.dispatchFetch('http://relay/', { method: 'POST', body });
      return { status: response.status, said: (await response.json()) as Record<string, string> };
    };
    const taken = await mail(['ann@example.com', 'bob@example.com']);
    expect(taken).toEqual({ status: 200, said: { id: expect.stringMatching(/^<\w+@example\.com>$/) } });
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    const written = files
      .filter((name) => /\.(?:txt|html)$/.test(name))
      .map((name) => readFileSync(join(folder, name), 'utf8'));
    expect(written.toSorted()).toEqual([letter.html, letter.text].toSorted());
    const refused = await mail(['eve@example.com']);
    expect(refused).toEqual({ status: 500, said: { name: '', message: 'email to eve@example.com not allowed' } });
  } finally {
    await runtime.dispose();
    rmSync(folder, { recursive: true, force: true });
  }
});
