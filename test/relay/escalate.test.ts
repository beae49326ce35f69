// `gt escalate` to the relay: the real one where this machine has it (named by GASLINE_GT or found in PATH), else what it is
// documented to post. Its bd, which wants a database server, is a script that knows how to make one bead.
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { realGt, WHICH } from '../support/real-gt.ts';
import { readLog } from './oracle.ts';
import { useEach, useRelay, useTeam } from './setup.ts';

const BEAD = 'hq-wisp-7k2';

const relay = useRelay();
const team = useTeam(relay);
const home = useEach(
  async () => ({ path: mkdtempSync(join(tmpdir(), 'gasline-town-')) }),
  ({ path }) => rmSync(path, { recursive: true, force: true }),
);

interface Contacts {
  readonly slack_webhook: string;
  readonly sms_webhook: string;
  readonly human_sms: string;
}

/** Answers with what it says. */
async function escalate(gt: string, contacts: Contacts, severity: string, text: string): Promise<string> {
  const town = join(home.path, 'town');
  for (const folder of ['mayor', 'settings', '.beads', 'bin']) mkdirSync(join(town, folder), { recursive: true });
  const routes = { low: ['bead'], medium: ['bead'], high: ['bead', 'slack'], critical: ['bead', 'slack', 'sms:human'] };
  const write = (file: string, value: object) => writeFileSync(join(town, file), JSON.stringify(value));
  write('mayor/town.json', { type: 'town', version: 2, name: 'lab', created_at: '2026-11-23T00:00:00Z' });
  write('settings/escalation.json', { type: 'escalation', version: 1, routes, contacts });
  const bd = join(town, 'bin', 'bd');
  writeFileSync(
    bd,
    `#!/bin/sh\ncase " $* " in *" create "*) echo '{"id":"${BEAD}"}' ;; *) echo 'bd version 1.0.0' ;; esac\n`,
  );
  chmodSync(bd, 0o755);
  const env = { PATH: `${join(town, 'bin')}:${process.env['PATH']}`, HOME: home.path };
  const child = spawn(gt, ['escalate', text, '-s', severity, '--json'], { cwd: town, env, timeout: 30_000 });
  let said = '';
  for (const out of [child.stdout, child.stderr]) out.on('data', (bytes: Buffer) => (said += bytes.toString()));
  const status = await new Promise((resolve) => child.on('close', resolve));
  if (status !== 0) throw new Error(said);
  return said;
}

/** As internal/cmd/escalate_impl.go of gastown v1.0.1 does it; Go writes `<`, `>` and `&` of JSON as escapes. */
async function pretend(
  { slack_webhook, sms_webhook, human_sms }: Contacts,
  severity: string,
  text: string,
): Promise<string> {
  const emoji = severity === 'critical' ? '🔴' : '🟠';
  const post = async (url: string, body: object) => {
    const escaped = JSON.stringify(body).replaceAll(/[<>&]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`);
    const { ok } = await fetch(url, { method: 'POST', body: escaped, headers: { 'content-type': 'application/json' } });
    if (!ok) throw new Error(url);
  };
  const level = severity.toUpperCase();
  const slack = `${emoji} *[${level}] Escalation ${BEAD}*\n${text}\n_Acknowledge: \`gt escalate ack ${BEAD}\`_`;
  await post(slack_webhook, { text: slack });
  if (severity === 'critical')
    await post(sms_webhook, { to: human_sms, body: `[Gas Town ${level}] ${text} (bead: ${BEAD})` });
  return '"status": "ok"';
}

test(`${WHICH} escalates to the relay by Slack and by SMS, which is one event`, async () => {
  const made = ['slack', 'sms'].map(
    async (kind) => (await team.call('POST', '/v1/inbound', { kind, name: 'lab' })).body.url,
  );
  const [slack_webhook, sms_webhook] = await Promise.all(made);
  const contacts = { slack_webhook, sms_webhook, human_sms: '+15550100' };
  const ring = realGt === null ? pretend : escalate.bind(null, realGt);
  const hostile = 'Dolt is <!channel> *down* & "out" (bead: hq-1)\n_Acknowledge: `gt escalate ack hq-2`_';
  expect(await ring(contacts, 'critical', hostile)).toContain('"status": "ok"');
  expect(await ring(contacts, 'high', 'stuck')).toContain('"status": "ok"');
  const said = (await readLog(team)).map(({ type, data }) => [
    type,
    data.severity,
    data.bead,
    data.text,
    data.inbound.kind,
  ]);
  expect(said).toEqual([
    ['escalation.raised', 'critical', BEAD, hostile, 'slack'],
    ['escalation.raised', 'high', BEAD, 'stuck', 'slack'],
  ]);
  expect(JSON.stringify(said)).not.toContain('5550100');
});
