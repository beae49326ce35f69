// The plugin's settings: options in opencode.json win over the environment, which wins over the member's own file.

import { homedir } from 'node:os';
import { join } from 'node:path';

import { fields, name } from './field.ts';
import type { Fields } from './field.ts';
import { readText } from './project.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export interface Configuration {
  readonly url: string;
  readonly token: string;
  readonly member: string | null;
  readonly titles: boolean;
  /** Whether a budget may stop the member. */
  readonly stop: boolean;
  /** What is set of mail and tools, or null where neither is wanted. */
  readonly extras: Fields | null;
  readonly spoolFolder: string;
}

export type Configured =
  | { readonly kind: 'off' }
  | { readonly kind: 'invalid'; readonly problem: string }
  | { readonly kind: 'on'; readonly configuration: Configuration; readonly warnings: readonly string[] };

const OPTIONS = ['url', 'token', 'member', 'titles', 'stop', 'mail', 'tools', 'live', 'read_token'] as const;

export function configure(options: unknown, env: Environment): Configured {
  const home = env.HOME || homedir();
  const file = readSettings(env);
  const layers = [fields(options), fromEnvironment(env), file.settings];
  const pick = (key: (typeof OPTIONS)[number]) => layers.map((layer) => layer[key]).find(isGiven);
  const warnings = [...file.warnings];
  for (const key of Object.keys(fields(options))) {
    if (!OPTIONS.some((known) => known === key)) warnings.push(`option ${quote(key)} is unknown`);
  }

  const url = pick('url');
  const token = pick('token');
  if (url === undefined && token === undefined) {
    return file.warnings[0] === undefined ? { kind: 'off' } : invalid(file.warnings[0]);
  }
  if (url === undefined) return invalid('option url is missing');
  if (token === undefined) return invalid('option token is missing');
  const base = parseUrl(url);
  if (base === null)
    return invalid(`option url must be an http or https address without a password, got ${quote(url)}`);
  // The token itself is never shown: this line may be pasted into an issue.
  if (!isWord(token)) {
    return invalid('option token must be one word');
  }
  const member = pick('member');
  if (member !== undefined && typeof member !== 'string') {
    warnings.push(`option member must be a text, got ${quote(member)}`);
  }
  const pickSwitch = (key: 'titles' | 'stop') => {
    const value = parseSwitch(pick(key));
    if (value === null) warnings.push(`option ${key} must be true or false, got ${quote(pick(key))}`);
    return value ?? false;
  };
  if (base.protocol === 'http:' && !isLoopback(base.hostname)) {
    warnings.push(`the relay at ${base.host} is reached without encryption`);
  }
  const extras = { mail: pick('mail'), tools: pick('tools'), live: pick('live'), read_token: pick('read_token') };
  const isBare = parseSwitch(extras.mail ?? true) === false && parseSwitch(extras.tools ?? true) === false;
  return {
    kind: 'on',
    warnings,
    configuration: {
      url: base.href,
      token,
      member: name(member),
      titles: pickSwitch('titles'),
      stop: pickSwitch('stop'),
      extras: isBare ? null : extras,
      spoolFolder: join(env.XDG_STATE_HOME || join(home, '.local', 'state'), 'gasline', 'spool'),
    },
  };
}

function invalid(problem: string): Configured {
  return { kind: 'invalid', problem };
}

/** OpenCode leaves an empty text where `{env:NAME}` names nothing. */
export function isGiven(value: unknown): boolean {
  return typeof value === 'string' ? /\S/.test(value) : (value ?? null) !== null;
}

function fromEnvironment(env: Environment): Fields {
  return Object.fromEntries(OPTIONS.map((key) => [key, env[`GASLINE_${key.toUpperCase()}`]]));
}

/** The member's own file, which the command line reads too. */
export function readSettings(env: Environment): { readonly settings: Fields; readonly warnings: readonly string[] } {
  const text = readText(join(env.XDG_CONFIG_HOME || join(env.HOME || homedir(), '.config'), 'gasline', 'config.json'));
  if (text === null) return { settings: {}, warnings: [] };
  try {
    return { settings: fields(JSON.parse(text)), warnings: [] };
  } catch {
    return { settings: {}, warnings: ['gasline/config.json is not valid JSON'] };
  }
}

/** What a header can carry. */
export function isWord(token: unknown): token is string {
  return typeof token === 'string' && /^[\x21-\x7e]{1,1024}$/.test(token);
}

export function parseUrl(value: unknown): URL | null {
  if (typeof value !== 'string' || !URL.canParse(value)) return null;
  const url = new URL(value);
  if (!/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') return null;
  // So that a relay below a path keeps it: `new URL('v1/events', base)` cuts after the last slash.
  url.pathname = url.pathname.replace(/\/*$/, '/');
  url.search = '';
  url.hash = '';
  return url;
}

export function parseSwitch(value: unknown): boolean | null {
  if (value === undefined || value === false || value === 'false' || value === '0') return false;
  return value === true || value === 'true' || value === '1' ? true : null;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || host.startsWith('127.');
}

/** Short, and without what a pasted address may carry before its host. */
export function quote(value: unknown): string {
  const text = typeof value === 'string' ? value.replace(/\/\/[^/]*@/, '//…@') : typeof value;
  return `"${text.slice(0, 80)}"`;
}
