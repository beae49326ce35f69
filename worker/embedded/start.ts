// `npm start`: runs the relay on this machine, makes the first team on the first run and prints what to paste.
import { parseArgs } from 'node:util';
import { isAbsolute, join, resolve } from 'node:path';

import { TEAM_ID } from '../access/token.ts';
import { mailBy } from '../delivery/mail.ts';
import { MAX_USD, USUAL_MAX_USD } from '../ledger/money.ts';
import { isZone } from '../ledger/period.ts';
import { heldTeam, makeTeam } from './first-team.ts';
import { FolderInUse } from './lock.ts';
import { startRelay, type OwnMail, type Relay, type RelayOptions } from './relay.ts';
import { welcome } from './welcome.ts';

const USAGE = `npm start -- [options]
  --port N             port to listen on (default 8787)
  --host NAME          address to listen on (default 127.0.0.1: this machine alone)
  --data DIR           folder that holds all state (default .gasline)
  --team ID            the team made on the first run (default "team")
  --zone NAME          its time zone then (default that of this machine, UTC where it has none)
  --allow-private-endpoints true|false
                       endpoints may be http and private addresses (default true while --host is this machine alone)
  --public-host NAME   where it is served besides, such as by a proxy: no endpoint may be there
  --doh-url URL        resolver (DNS over HTTPS, JSON) that endpoints' names are looked up with before they are called
  --doh-fail open|closed
                       what becomes of a name that could not be looked up: called (default) or tried again later
  --rate-limit N       requests a minute and token (default 6000)
  --max-message-usd N  more than this for one message is refused as a mistake (default 1000, at most 5000)
  --help
RESEND_API_KEY and EMAIL_FROM in the environment let endpoints be e-mail addresses; RESEND_URL names another server with that API.`;

const MAIL = ['RESEND_API_KEY', 'EMAIL_FROM', 'RESEND_URL'] as const satisfies readonly (keyof OwnMail)[];
const LOOPBACK = ['127.0.0.1', 'localhost', '::1'];

interface Arguments {
  readonly relay: RelayOptions;
  /** Undefined: whatever team the folder has. */
  readonly team: string | undefined;
  readonly zone: string;
}

function readArguments(): Arguments | 'help' {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '8787' },
      host: { type: 'string', default: '127.0.0.1' },
      data: { type: 'string', default: '.gasline' },
      team: { type: 'string' },
      zone: { type: 'string' },
      'allow-private-endpoints': { type: 'string' },
      'public-host': { type: 'string', multiple: true, default: [] },
      'doh-url': { type: 'string' },
      'doh-fail': { type: 'string', default: 'open' },
      'rate-limit': { type: 'string', default: '6000' },
      'max-message-usd': { type: 'string', default: USUAL_MAX_USD.toString() },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  const allow = values['allow-private-endpoints'] ?? String(LOOPBACK.includes(values.host));
  if (allow !== 'true' && allow !== 'false')
    throw new Error(`--allow-private-endpoints must be true or false, got ${allow}`);
  const { 'doh-url': dohUrl, 'doh-fail': fail } = values;
  if (fail !== 'open' && fail !== 'closed') throw new Error(`--doh-fail must be open or closed, got ${fail}`);
  if (dohUrl !== undefined && !/^https?:$/.test(URL.parse(dohUrl)?.protocol ?? '')) {
    throw new Error(`--doh-url must be such as https://1.1.1.1/dns-query, got ${dohUrl}`);
  }
  if (values.team !== undefined && !TEAM_ID.test(values.team)) {
    throw new Error(`--team must be 1 to 40 lower-case letters, digits and inner hyphens, got ${values.team}`);
  }
  if (values.zone !== undefined && !isZone(values.zone))
    throw new Error(`--zone must be an IANA time zone such as Europe/Berlin, got ${values.zone}`);
  return {
    team: values.team,
    zone: values.zone ?? zoneOfThisMachine(),
    relay: {
      // Relative to where npm was called, which is the project's folder.
      dataDir: isAbsolute(values.data) ? values.data : resolve(join(import.meta.dirname, '..', '..'), values.data),
      host: values.host,
      port: wholeNumber('--port', values.port, 0, 65_535),
      rateLimit: wholeNumber('--rate-limit', values['rate-limit'], 1, 1_000_000_000),
      maxMessageUsd: wholeNumber('--max-message-usd', values['max-message-usd'], 1, MAX_USD),
      allowPrivateEndpoints: allow === 'true',
      publicHosts: values['public-host'],
      ...(dohUrl === undefined ? {} : { names: { dohUrl, fail } }),
      mail: mailFrom(process.env),
    },
  };
}

/** Where TZ is empty or a rule of its own, the machine has no zone with a name. */
function zoneOfThisMachine(): string {
  const zone: string | undefined = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return zone !== undefined && isZone(zone) ? zone : 'UTC';
}

/** Not as options: whoever may list the processes of a machine sees those. A key without a sender is for another program. */
function mailFrom(environment: NodeJS.ProcessEnv): OwnMail {
  const given = MAIL.flatMap((name) => (environment[name] === undefined ? [] : [[name, environment[name]]]));
  const mail = Object.fromEntries(given) as OwnMail;
  if (mail.EMAIL_FROM !== undefined && mailBy(mail, fetch) === null) {
    const got = `got EMAIL_FROM=${mail.EMAIL_FROM.slice(0, 80)}`;
    throw new Error(`EMAIL_FROM must be such as "Gasline <alerts@example.com>", with RESEND_API_KEY beside it, ${got}`);
  }
  return mail;
}

function wholeNumber(name: string, text: string, min: number, max: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new Error(`${name} must be a whole number from ${min} to ${max}, got ${text}`);
}

function stopCleanly(relay: Relay): void {
  let stopping = false;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    // Miniflare's own handler would leave before we have let go of the folder.
    process.removeAllListeners(signal);
    process.on(signal, () => {
      if (stopping) return;
      stopping = true;
      void relay.close().then(() => process.exit(0));
    });
  }
}

async function main(): Promise<void> {
  const given = readArguments();
  if (given === 'help') {
    console.log(USAGE);
    return;
  }
  const { dataDir } = given.relay;
  const held = heldTeam(dataDir);
  if (held !== null && given.team !== undefined && held.team !== given.team) {
    const advice = 'leave it out, or make a second one with POST /v1/teams';
    throw new Error(`the team of ${dataDir} is "${held.team}", got --team ${given.team}: ${advice}`);
  }
  // All that is made from here on, the runtime's files too, is for this user alone.
  process.umask(0o077);
  const relay = await startRelay(given.relay);
  stopCleanly(relay);
  try {
    const team = held ?? (await makeTeam(relay, dataDir, given.team ?? 'team', given.zone));
    console.log(welcome(relay.url, team, given.relay));
  } catch (error) {
    await relay.close();
    throw error;
  }
}

try {
  await main();
} catch (error) {
  const reason = error instanceof Error ? error.message : String(error);
  console.error(error instanceof FolderInUse ? reason : `gasline did not start: ${reason}`);
  process.exitCode = 1;
}
