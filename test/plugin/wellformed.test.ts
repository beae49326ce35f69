// Whatever a machine is called and whatever OpenCode reports: the relay must be able to read it, for one bad name in the
// envelope would have every event of the batch refused.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { configure } from '../../plugin/configure.ts';
import { CONTRACT_VERSION } from '../../plugin/contract.ts';
import { name } from '../../plugin/field.ts';
import { normalise, remember } from '../../plugin/normalise.ts';
import { describeSource } from '../../plugin/source.ts';
import { parseBatch } from '../../worker/event/parse.ts';
import { event, NOW, source } from './queue.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gasline-wellformed-'));
  mkdirSync(join(folder, '.git'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** Any text of 16-bit units, with much of what a relay refuses in a name. */
const hostile = fc.string({
  unit: fc.oneof(
    fc.constantFrom('\0', '\n', '\u001b', '\u007f', '\ud83d', '\ude00', '😀', ' ', '/', 'x'),
    fc.nat(0xffff).map((unit) => String.fromCharCode(unit)),
  ),
  maxLength: 400,
  size: 'max',
});

describe('name', () => {
  it.each([
    ['ann\r\n', 'ann'],
    ['a\tb\u007fc', 'a b c'],
    [`${'x'.repeat(199)}😀`, `${'x'.repeat(199)}\ufffd`],
    ['\0\u001f \n', null],
    [' ', null],
    ['', null],
    [7, null],
  ])('of %j is %j', (value, expected) => {
    expect(name(value)).toBe(expected);
  });
});

describe('the relay reads', () => {
  it('every source that a hostile environment gives', () => {
    const text = fc.record({ option: hostile, email: hostile, branch: hostile, origin: hostile, id: hostile });
    const town = fc.record({ GT_ROLE: hostile, GT_RIG: hostile, GT_ROOT: hostile, GT_CREW: hostile });
    const chances = fc.record({ hasOption: fc.boolean(), hasEmail: fc.boolean(), login: hostile });
    fc.assert(
      fc.property(text, town, chances, ({ option, email, branch, origin, id }, gasTown, chance) => {
        writeFileSync(join(folder, '.git', 'HEAD'), `ref: refs/heads/${branch}\n`);
        const user = chance.hasEmail ? `[user]\nemail = ${email}\n` : '';
        writeFileSync(join(folder, '.git', 'config'), `[remote "origin"]\nurl = https://x/${origin}\n${user}`);
        const env = { HOME: folder, XDG_CONFIG_HOME: folder, USER: chance.login, ...gasTown };
        const options = { url: 'https://x', token: 't', member: chance.hasOption ? option : '' };
        const configured = configure(options, env);
        const member = configured.kind === 'on' ? configured.configuration.member : null;
        expect(refusals(describeSource(member, folder, id, env), event(1))).toEqual([]);
      }),
    );
  });

  it('every event with hostile names and titles', () => {
    const names = fc.record({ id: hostile, sessionID: hostile, title: hostile, parentID: hostile, modelID: hostile });
    const type = fc.constantFrom('session.created', 'message.updated', 'permission.asked', 'vcs.branch.updated');
    fc.assert(
      fc.property(type, names, hostile, (type, names, other) => {
        const info = {
          ...names,
          id: `m${names.id}`,
          role: 'assistant',
          cost: 1,
          time: { created: NOW },
          version: other,
        };
        const properties = { ...names, info, sessionID: `s${names.sessionID}`, permission: other, branch: other };
        const memory = remember(true, null);
        const fact = normalise({ id: other, type, properties }, memory, NOW, () => 'gl_made');
        const from = source({ branch: memory.branch, opencode_version: memory.opencodeVersion });
        expect(refusals(from, fact === null ? event(1) : { seq: 1, ...fact })).toEqual([]);
      }),
    );
  });
});

/** What the relay's own parser says against it. */
function refusals(from: unknown, one: unknown): unknown {
  const sent_at = new Date(NOW).toISOString();
  const batch = { version: CONTRACT_VERSION, source: from, sent_at, backlog: 0, events: [one] };
  const parsed = parseBatch(JSON.parse(JSON.stringify(batch)), { now: NOW, maxUsd: 1_000 });
  return parsed.ok ? parsed.value.rejected : parsed.error;
}
