// `gasline bridge` as it is published: going on, for once, dry, a second time beside itself, its doctor and what it prints for a service.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { makeTown } from '../support/gas-town.ts';
import { until } from '../support/until.ts';
import { useTown, bridgeOnce, startBridge, workFor } from './bridging.ts';
import { batch, idle, source } from './builders.ts';
import { inbox, sendMail } from './mails.ts';
import { useRelay, useTeam } from './setup.ts';

const relay = useRelay();
const team = useTeam(relay);
const town = useTown();

test('a bridge that goes on brings what comes, both ways, and ends with SIGTERM', async () => {
  const bridge = startBridge(relay, team, town, ['--events', 'session.idle']);
  await until('the bridge', () => bridge.stdout().includes('bridging lab and 127.0.0.1'));
  await until('its first look', () => existsSync(join(town.home, '.local', 'state', 'gasline', 'bridge')));
  await sendMail(team, { to: 'app/Toast', subject: 'hello' });
  await until('the mail', () => town.mails().length === 1);
  const line = { source: 'gt', type: 'merged', actor: 'app/refinery', visibility: 'both' };
  const types = async () => {
    town.append('.events.jsonl', { ...line, ts: new Date().toISOString() });
    town.append('.feed.jsonl', { ...line, ts: new Date().toISOString(), summary: 'one merged' });
    const { body } = await team.call('GET', '/v1/events?type=town.*&limit=1000');
    return new Set(body.events.map(({ type }: { type: string }) => type)).size === 2;
  };
  await until('the events of the town', types, { everyMs: 500 });
  const channel = join(town.root, 'events', 'gasline');
  let seq = 0;
  const isSignalled = async () => {
    await team.call('POST', '/v1/events', batch([idle((seq += 1))]));
    return existsSync(channel) && readdirSync(channel).some((file) => file.endsWith('-0.event'));
  };
  await until('the file of an event', isSignalled, { everyMs: 500 });
  bridge.kill('SIGTERM');
  const { code, stderr } = await bridge.exited;
  expect([code, stderr]).toEqual([0, '']);
  expect(existsSync(join(town.root, '.runtime', 'gasline-bridge.lock'))).toBe(false);
});

test('what the bridge told of the town does not come back to it as a file', async () => {
  const words = ['--events', 'town.*,session.idle'];
  await bridgeOnce(relay, team, town, ...words);
  town.append('.events.jsonl', { ts: new Date().toISOString(), source: 'gt', type: 'merged', actor: 'app/refinery' });
  await team.call('POST', '/v1/events', batch([idle(1)]));
  await bridgeOnce(relay, team, town, ...words);
  await bridgeOnce(relay, team, town, ...words);
  expect((await team.call('GET', '/v1/events?type=town.*')).body.events).toHaveLength(1);
  const [file = '', ...more] = readdirSync(join(town.root, 'events', 'gasline'));
  expect(more).toEqual([]);
  expect(JSON.parse(readFileSync(join(town.root, 'events', 'gasline', file), 'utf8'))).toMatchObject({
    type: 'session.idle',
    channel: 'gasline',
  });
});

test('a second bridge in the town names the first, and takes its place when that was killed', async () => {
  const first = startBridge(relay, team, town);
  await until('the bridge', () => first.stdout().includes('bridging'));
  const second = await bridgeOnce(relay, team, town, '--state', join(town.home, 'elsewhere'));
  expect([second.code, second.stdout]).toEqual([1, '']);
  expect(second.stderr).toMatch(
    new RegExp(`^gasline bridge: another bridge serves this town already: process ${first.pid} on \\S+\\n$`),
  );
  first.kill('SIGKILL');
  await first.exited;
  const third = await bridgeOnce(relay, team, town);
  expect([third.code, third.stderr]).toEqual([0, '']);
});

test('a bridge that goes on says once what hinders a part and that it is over', async () => {
  mkdirSync(join(town.root, '.feed.jsonl'));
  const bridge = startBridge(relay, team, town, ['--skip', 'mail-in,mail-out,costs,claude,events']);
  await until('the hindrance', () => bridge.stderr() !== '');
  rmdirSync(join(town.root, '.feed.jsonl'));
  await until('its end', () => bridge.stderr().endsWith('feed: goes on\n'));
  bridge.kill('SIGINT');
  const { code, stderr } = await bridge.exited;
  expect(code).toBe(0);
  expect(stderr).toMatch(/^feed: EISDIR[^\n]*; trying again\nfeed: goes on\n$/);
});

test('dry, it says what it would do and changes nothing, here or at the relay', async () => {
  const { id } = await sendMail(team, { to: 'app/Toast', subject: "it's here" });
  await workFor(relay, team, town).work.gt(['mail', 'send', 'overseer', '--subject=stuck?', '--stdin'], '');
  const before = town.mails();
  const { stdout, code } = await startBridge(relay, team, town, ['--dry-run']).exited;
  expect(code).toBe(0);
  expect(stdout).toContain('1 unread message of overseer in the town: what is new of it would be sent');
  expect(stdout).toContain(`would bring ${id}: gt mail send app/Toast --from=relay/relay '--subject=it'\\''s here' `);
  expect(town.mails()).toEqual(before);
  expect(town.acknowledged()).toEqual([]);
  expect(existsSync(join(town.home, '.local'))).toBe(false);
  expect(existsSync(join(town.root, '.runtime'))).toBe(false);
  expect(await inbox(team, 'app/Toast')).toMatchObject([{ id, state: 'unread' }]);
});

test('what one part is hindered by holds up no other, and is told with the exit', async () => {
  mkdirSync(join(town.root, '.events.jsonl'));
  await sendMail(team, { to: 'app/Toast' });
  const { code, stderr } = await bridgeOnce(relay, team, town);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^events: EISDIR.*\ngasline bridge: 1 part of it failed: events\n$/);
  expect(town.mails()).toHaveLength(1);
});

test.each([
  [['--out', 'a,--b'], /^gasline bridge: an address is one of the town's, .* got --b/],
  [['--in', 'mayor/', '--out', 'mayor'], /--in and --out exclude each other, got mayor\/ in both/],
  [['--in', 'app/max', '--out', 'app/crew/max'], /--in and --out exclude each other, got app\/max in both/],
  [['--skip', 'all'], /--skip takes mail-in, .*, got all/],
  [['--channel', '../x'], /--channel must be letters, digits, _ and -, got \.\.\/x/],
])('%j is misused', async (words, problem) => {
  const { code, stderr } = await startBridge(relay, team, town, words).exited;
  expect(code).toBe(2);
  expect(stderr).toMatch(problem);
});

test('the doctor says what it found, what is missing and what would happen, and changes nothing', async () => {
  await sendMail(team, { to: 'mayor/', subject: 'hello' });
  await workFor(relay, team, town).work.gt(['mail', 'send', 'overseer', '--subject=stuck?', '--stdin'], '');
  const before = town.mails();
  const well = await startBridge(relay, team, town, ['doctor']).exited;
  expect([well.code, well.stderr]).toEqual([0, '']);
  expect(well.stdout).toContain(`found    the town lab in ${town.root}\n`);
  expect(well.stdout).toContain(
    'found    mail from the relay is brought to mayor/, deacon/, app/witness, app/refinery,',
  );
  expect(well.stdout).toContain("found    gt version 1.0.1 (shim), and 1 unread message of the overseer's\n");
  expect(well.stdout).toMatch(
    /A round would do this:\n {2}1 unread message of overseer .*\n {2}would bring mail_\w+: gt mail send mayor\/ /,
  );
  expect(existsSync(join(town.home, '.local'))).toBe(false);
  expect(town.mails()).toEqual(before);
  expect(town.acknowledged()).toEqual([]);

  const { body } = await team.call('POST', '/v1/tokens', { scope: 'ingest', name: 'plugin' });
  const words = ['doctor', '--gt', join(town.home, 'none'), '--token', body.token];
  const ill = await startBridge(relay, team, town, words).exited;
  expect(ill.code).toBe(1);
  expect(ill.stdout).toMatch(
    /^missing {2}\S+\/none cannot be run: ENOENT: give --gt, set GASLINE_GT, or put it into PATH$/m,
  );
  expect(ill.stdout).toMatch(
    /^missing {2}costs and events of the relay: .* needs a token of scope read, got one of scope ingest/m,
  );
  expect(ill.stdout + ill.stderr).not.toContain(body.token);
});

test('the doctor names another machine whose bridge told of a town of this name', async () => {
  const place = { town: 'lab', role: null, rig: null, worker: null, bead: null };
  const sources = [
    source({ id: 'bridge_1', host: 'desk', town: place }),
    source({ id: 'bridge_2', host: 'shelf', town: { ...place, town: 'other' } }),
    source({ id: 'src_3', host: 'lap', town: place }),
  ];
  for (const one of sources) await team.call('POST', '/v1/events', batch([idle(1)], { source: one }));
  const { code, stdout } = await startBridge(relay, team, town, ['doctor']).exited;
  expect(code).toBe(0);
  expect(stdout).toContain('note     desk has told of a town lab too: if both are there, they share mail and costs');
  expect(stdout).not.toMatch(/shelf|lap has/);
});

test('install prints a unit and a plist, whatever the paths are, without a token', async () => {
  const odd = makeTown('my "50%" <$town>');
  const unit = await startBridge(relay, team, odd, [
    'install',
    '--for',
    'systemd',
    '--state',
    join(odd.home, 'kept'),
    '--events',
    'budget.*',
  ]).exited;
  expect(unit.code).toBe(0);
  expect(unit.stdout).toMatch(
    /^ExecStart="\S+" "\S+cli\.js" "bridge" "--town=\S+\/my \\"50%%\\" <\$\$town>" "--gt=\S+\/gt" "--state=\S+\/kept" "--events=budget\.\*"$/m,
  );
  const plist = await startBridge(relay, team, odd, ['install', '--for', 'launchd']).exited;
  expect(plist.stdout).toContain('/my "50%" &lt;$town&gt;</string>');
  expect(plist.stdout).toContain('<string>gasline.bridge.my__50_____town_</string>');
  expect(plist.stdout).toContain('/gasline-bridge-my__50_____town_.log</string>');
  expect(unit.stdout + plist.stdout).not.toContain(team.token);
  // Its token is in the environment of now only.
  expect(unit.stdout).toContain(`Environment="GASLINE_URL=${relay.relay.url.href}"`);
  expect(unit.stderr).toMatch(/^it will not start yet: write token into ~\/\.config\/gasline\/config\.json/);
  mkdirSync(join(odd.home, '.config', 'gasline'), { recursive: true });
  writeFileSync(join(odd.home, '.config', 'gasline', 'config.json'), JSON.stringify({ token: 'x' }), { mode: 0o600 });
  expect((await startBridge(relay, team, odd, ['install']).exited).stderr).toBe('');
  odd.remove();
});
