// `gasline bridge install`: prints what a machine needs to keep the bridge running, and changes nothing.

import { homedir } from 'node:os';
import { resolve } from 'node:path';

import { isGiven, readSettings } from '../../configure.ts';
import { command, DONE, type Io, misused, type Outcome, type Values } from '../command.ts';
import { CHOICES } from './parts.ts';
import { findTown, type Town } from './town.ts';

const OPTIONS = {
  for: { type: 'string', value: 'system', about: "systemd or launchd; default: this machine's" },
  town: { type: 'string', value: 'folder', about: 'the town; default: GT_ROOT, then the one around this folder' },
  gt: { type: 'string', value: 'program', about: 'where gt is, if neither GASLINE_GT nor the PATH of now says so' },
  state: { type: 'string', value: 'folder', about: 'as of the bridge' },
  ...CHOICES,
} as const;

export const install = command({
  summary: 'Prints a systemd unit or a launchd plist that keeps the bridge running',
  notes: [
    'systemd: gasline bridge install > ~/.config/systemd/user/gasline-bridge-<town>.service',
    '         systemctl --user daemon-reload && systemctl --user enable --now gasline-bridge-<town>',
    'launchd: gasline bridge install > ~/Library/LaunchAgents/gasline.bridge.<town>.plist',
    '         launchctl load -w ~/Library/LaunchAgents/gasline.bridge.<town>.plist',
    'Neither holds a token: write url, token and read_token into ~/.config/gasline/config.json (mode 0600).',
  ],
  options: OPTIONS,
  async run(values, io) {
    return print(values, io);
  },
});

const SYSTEMS = { systemd, launchd } as const;

function print(values: Values<typeof OPTIONS>, io: Io): Outcome {
  const town = findTown(values.town, io.env, process.cwd());
  if (town.kind !== 'done') return town;
  const system = values.for ?? (process.platform === 'darwin' ? 'launchd' : 'systemd');
  if (system !== 'systemd' && system !== 'launchd') return misused(`--for must be systemd or launchd, got ${system}`);
  const named = values.gt ?? (io.env.GASLINE_GT || undefined);
  const gt = named?.includes('/') === true ? resolve(named) : named;
  const state = values.state === undefined ? [] : [`--state=${resolve(values.state)}`];
  const given = ['in', 'out', 'events', 'channel', 'skip'] as const;
  const chosen = given.flatMap((name) => (values[name] === undefined ? [] : [`--${name}=${values[name]}`]));
  const options = [...(gt === undefined ? [] : [`--gt=${gt}`]), ...state, ...chosen];
  const words = [process.execPath, process.argv[1] ?? 'gasline', 'bridge', `--town=${town.value.root}`, ...options];
  io.stdout(SYSTEMS[system](words, town.value, environmentOf(io)));
  const { settings } = readSettings(io.env);
  const missing = ['token', ...(io.env.GASLINE_URL ? [] : ['url'])].filter((key) => !isGiven(settings[key]));
  // A unit is for everybody to read, so that a token of the environment of now is not put into it.
  if (missing.length > 0) {
    io.stderr(
      `it will not start yet: write ${missing.join(' and ')} into ~/.config/gasline/config.json (mode 0600), or name a file of yours in it (EnvironmentFile=)\n`,
    );
  }
  return DONE;
}

/** What a service is not given: `gt` and what it starts are looked for in PATH. */
function environmentOf({ env }: Io): readonly (readonly [string, string])[] {
  const kept = ['PATH', 'GT_HOME', 'GASLINE_URL', 'GASLINE_MEMBER', 'XDG_CONFIG_HOME', 'XDG_STATE_HOME'];
  return kept.flatMap((name) => (env[name] ? [[name, env[name]] as const] : []));
}

type Environment = ReturnType<typeof environmentOf>;

function systemd(words: readonly string[], { root, name }: Town, environment: Environment): string {
  return [
    '[Unit]',
    `Description=Gasline bridge of the town ${name.replaceAll('%', '%%')}`,
    'After=network-online.target',
    '',
    '[Service]',
    `WorkingDirectory=${root.replaceAll('%', '%%')}`,
    ...environment.map(([name, value]) => `Environment=${quoted(`${name}=${value}`)}`),
    // A dollar is a variable in a command alone.
    `ExecStart=${words.map((word) => quoted(word).replaceAll('$', '$$$$')).join(' ')}`,
    'Restart=always',
    'RestartSec=10',
    '',
    '[Install]',
    'WantedBy=default.target',
    '',
  ].join('\n');
}

/** systemd.syntax(7): quotes, with a backslash before what they would end; per cent is a specifier. */
function quoted(word: string): string {
  return `"${word.replaceAll(/["\\]/g, '\\$&').replaceAll('%', '%%')}"`;
}

function launchd(words: readonly string[], { root, name }: Town, environment: Environment): string {
  const own = name.replaceAll(/[^\w.-]/g, '_');
  const entry = (key: string, value: string) => `  <key>${key}</key>\n  ${value}`;
  const string = (text: string) => `<string>${escaped(text)}</string>`;
  const variables = environment.map(([key, value]) => `<key>${escaped(key)}</key>${string(value)}`);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
    '<plist version="1.0">',
    '<dict>',
    entry('Label', string(`gasline.bridge.${own}`)),
    entry('ProgramArguments', `<array>${words.map(string).join('')}</array>`),
    entry('WorkingDirectory', string(root)),
    entry('EnvironmentVariables', `<dict>${variables.join('')}</dict>`),
    entry('RunAtLoad', '<true/>'),
    entry('KeepAlive', '<true/>'),
    entry('StandardErrorPath', string(`${homedir()}/Library/Logs/gasline-bridge-${own}.log`)),
    '</dict>',
    '</plist>',
    '',
  ].join('\n');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
