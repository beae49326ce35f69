// Which relay and which token: the options, then the environment, then the member's own file, as for the plugin. A token made
// for the scope goes before one that may be of another: the plugin's, which may only post, is in the same places.

import { isGiven, isWord, parseUrl, quote, readSettings } from '../configure.ts';
import { done, failed, type Io, type Options, type Outcome, type Values } from './command.ts';

export type Scope = 'read' | 'ingest';

export interface Connection {
  readonly url: URL;
  readonly token: string;
  readonly scope: Scope;
  /** Where the token was found, for the person who has to change it. */
  readonly from: string;
}

const URL_OPTION = {
  type: 'string',
  value: 'address',
  about: 'the relay; default: GASLINE_URL, then ~/.config/gasline/config.json',
} as const;

/** For the options of every command that asks the relay. */
export const CONNECTION = {
  url: URL_OPTION,
  token: { type: 'string', value: 'token', about: 'default: GASLINE_READ_TOKEN, GASLINE_TOKEN, then the same file' },
} as const satisfies Options;

/** And of one that sends to it. */
export const SENDING = {
  url: URL_OPTION,
  token: { type: 'string', value: 'token', about: 'default: GASLINE_TOKEN, then the same file' },
} as const satisfies Options;

export function connect(
  values: Values<typeof CONNECTION>,
  { env }: Pick<Io, 'env'>,
  scope: Scope,
): Outcome<Connection> {
  const { settings, warnings } = readSettings(env);
  const url = [values.url, env.GASLINE_URL, settings.url].find(isGiven);
  if (url === undefined)
    return failed(
      warnings[0] ?? 'which relay? give --url, set GASLINE_URL, or write url into ~/.config/gasline/config.json',
    );
  const base = parseUrl(url);
  if (base === null) return failed(`the url must be an http or https address without a password, got ${quote(url)}`);

  const ofRead = [
    ['GASLINE_READ_TOKEN', env.GASLINE_READ_TOKEN],
    ['read_token of config.json', settings.read_token],
  ] as const;
  const found = [
    ['--token', values.token] as const,
    ...(scope === 'read' ? ofRead : []),
    ['GASLINE_TOKEN', env.GASLINE_TOKEN] as const,
    ['token of config.json', settings.token] as const,
  ].find(([, token]) => isGiven(token));
  if (found === undefined) {
    const [variable, key] = scope === 'read' ? ['GASLINE_READ_TOKEN', 'read_token'] : ['GASLINE_TOKEN', 'token'];
    return failed(
      warnings[0] ??
        `a token of scope ${scope} is needed: give --token, set ${variable}, or write ${key} into ~/.config/gasline/config.json`,
    );
  }
  const [from, token] = found;
  // The token itself is never shown.
  return isWord(token) ? done({ url: base, token, scope, from }) : failed(`the token (${from}) must be one word`);
}
