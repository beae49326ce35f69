import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { configure } from '../../plugin/configure.ts';
import { spoolKey } from '../../plugin/key.ts';

const URL = 'https://gasline.example.com';
const TOKEN = 'gl_ingest_acme_t1_secret_mac';
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gasline-configure-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('configure', () => {
  it('is off when neither url nor token is given', () => {
    expect(configure(undefined, env())).toEqual({ kind: 'off' });
    expect(configure({ url: '', token: '', member: 'ann' }, env())).toEqual({ kind: 'off' });
  });

  it('lets options win over the environment over the file', () => {
    mkdirSync(join(folder, 'gasline'));
    const file = join(folder, 'gasline', 'config.json');
    writeFileSync(file, JSON.stringify({ url: URL, token: 'file', member: 'file', titles: true }));
    const configured = configure(
      { member: 'option' },
      env({ GASLINE_TOKEN: 'environment', GASLINE_MEMBER: 'environment' }),
    );
    rmSync(file);
    expect(configured).toMatchObject({
      kind: 'on',
      configuration: { url: `${URL}/`, token: 'environment', member: 'option', titles: true },
    });
  });

  it('says that the file is no JSON', () => {
    const file = join(folder, 'gasline', 'config.json');
    writeFileSync(file, '{');
    expect(configure({}, env())).toMatchObject({ kind: 'invalid', problem: expect.stringContaining('not valid JSON') });
    rmSync(file);
  });

  it.each([
    [{ url: URL }, 'option token is missing'],
    [{ token: TOKEN }, 'option url is missing'],
    [{ url: 'gasline.example.com', token: TOKEN }, 'got "gasline.example.com"'],
    [{ url: 'ftp://x', token: TOKEN }, 'http or https'],
    [{ url: 'https://u:hunter2@x', token: TOKEN }, 'without a password'],
    [{ url: 7, token: TOKEN }, 'got "number"'],
    [{ url: URL, token: 'two words' }, 'one word'],
    [{ url: URL, token: 'a\r\nx-evil: 1' }, 'one word'],
    [{ url: URL, token: { toString: 1 } }, 'one word'],
  ])('refuses %j', (options, expected) => {
    const configured = configure(options, env());
    expect(configured).toMatchObject({ kind: 'invalid', problem: expect.stringContaining(expected) });
    expect(JSON.stringify(configured)).not.toMatch(/hunter2|secret_mac/);
  });

  it.each([
    [{ titels: true }, 'option "titels" is unknown'],
    [{ titles: 'maybe' }, 'option titles must be true or false, got "maybe"'],
    [{ stop: 'please' }, 'option stop must be true or false, got "please"'],
    [{ member: 7 }, 'option member must be a text'],
    [{ url: 'http://gasline.example.com' }, 'without encryption'],
  ])('warns about %j and works', (options, expected) => {
    const configured = configure({ url: URL, token: TOKEN, ...options }, env());
    expect(configured).toMatchObject({
      kind: 'on',
      warnings: [expect.stringContaining(expected)],
      configuration: { titles: false, stop: false },
    });
  });

  it('keeps a path below which the relay lives', () => {
    const configured = configure({ url: `${URL}/relay?x=1#y`, token: TOKEN }, env());
    expect(configured).toMatchObject({ kind: 'on', configuration: { url: `${URL}/relay/` } });
  });

  it('never throws', () => {
    const kinds = ['off', 'invalid', 'on'];
    fc.assert(fc.property(fc.anything(), (options) => kinds.includes(configure(options, env()).kind)));
    const pair = [fc.anything(), fc.anything()] as const;
    fc.assert(fc.property(...pair, (url, token) => kinds.includes(configure({ url, token }, env()).kind)));
    expect(configure(undefined, env()).kind).toBe('off');
  });
});

describe('spoolKey', () => {
  it('is the same for each token of a team, and another for another team, relay or foreign token', () => {
    const key = spoolKey(URL, TOKEN);
    expect(spoolKey(URL, 'gl_ingest_acme_t2_other_other')).toBe(key);
    const others = [
      spoolKey(URL, 'gl_ingest_rivals_t1_secret_mac'),
      spoolKey('http://x', TOKEN),
      spoolKey(URL, 'a'),
      spoolKey(URL, 'b'),
    ];
    expect(new Set([key, ...others]).size).toBe(5);
  });
});

function env(more: Record<string, string> = {}) {
  return { HOME: folder, XDG_CONFIG_HOME: folder, ...more };
}
