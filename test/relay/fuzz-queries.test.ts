// Whatever can be asked for together: each parameter has tests of its own, and all of them with each other this one.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { GROUPS } from '../../worker/ledger/dimension.ts';
import { batch, idle, message, source } from './builders.ts';
import { verdict } from './nasty.ts';
import { useRelay, useTeam } from './setup.ts';

const relay = useRelay();
const team = useTeam(relay);

/** As they stand in the table of routes, so that none is forgotten. A stream is no answer, and the operator's list is no team's. */
const APP = readFileSync(join(import.meta.dirname, '..', '..', 'worker', 'app.ts'), 'utf8');
const READING = [...APP.matchAll(/^app\.get\(\s*'(\/v1\/[^']+)',\s*needs\(/gm)].flatMap(([, path = '']) =>
  path === '/v1/stream' ? [] : path,
);

type Values = Readonly<Record<string, readonly string[]>>;

/** What a parameter may be; of one that is not named here what a filter may be. */
const VALUES: Values = {
  from: ['2026-11-01', '2026-11-20T00:00:00Z'],
  to: ['2026-12-01', '2026-11-21T00:00:00Z'],
  zone: ['UTC', 'Europe/Berlin', 'Asia/Kathmandu'],
  group_by: GROUPS.flatMap((one) => [one, ...GROUPS.map((other) => `${one},${other}`)]),
  since: ['2026-11-20T00:00:00Z'],
  until: ['2026-11-21T00:00:00Z'],
  after: ['0', '3'],
  before: ['3.1', '3.1.ep_a'],
  limit: ['1', '100'],
  offset: ['0', '1'],
  entries_from: ['0', '1'],
  wait: ['0'],
  status: ['200', '5xx', 'none'],
};
const FILTER = ['ses_1', 'ann@example.com', 'f00d', 'example.com/acme/app', 'session.idle', 'message.*', 'anthropic'];

/** As the relay says them when it is asked for another, with what each may be: a closed list it says too. */
async function parametersOf(path: string, values: Values) {
  const refused = async (query: string): Promise<string> =>
    (await team.call('GET', `${path}?${query}`)).body.detail ?? '';
  const [, names] = /which takes (.+)$/.exec(await refused('neither=1')) ?? [];
  return Promise.all(
    (names?.split(', ') ?? []).map(async (name) => {
      const [, listed] = /: must be one of (.+), got neither$/.exec(await refused(`${name}=neither`)) ?? [];
      return [name, listed?.split(', ') ?? values[name] ?? FILTER] as const;
    }),
  );
}

test('any parameters of a route go together', async () => {
  const endpoint = async (form: object): Promise<string> =>
    (await team.call('POST', '/v1/endpoints', form)).body.endpoint.id;
  const [webhook, pulled] = [
    await endpoint({ kind: 'webhook', url: 'http://127.0.0.1:9/' }),
    await endpoint({ kind: 'pull' }),
  ];
  const two = source({ id: 'src_2', member: 'bob@example.com', branch: null, project: null });
  await team.call('POST', '/v1/events', batch([idle(1), message(2), message(3, { model: 'another' })]));
  await team.call('POST', '/v1/events', batch([message(1, {}, { session: 'ses_2' })], { source: two }));
  const values = { ...VALUES, event: [`${team.id}-1`], endpoint: [webhook] };
  const routes = await Promise.all(
    READING.map(async (route) => {
      const path = route
        .replace('/endpoints/:id/events', `/endpoints/${pulled}/events`)
        .replace('/endpoints/:id', `/endpoints/${webhook}`)
        .replace('/sessions/:id', '/sessions/ses_1');
      const parameters = await parametersOf(path, values);
      return parameters.length === 0 ? [] : { path, parameters };
    }),
  );
  const asked = fc.constantFrom(...routes.flat()).chain(({ path, parameters }) =>
    fc
      .subarray(parameters)
      .chain((some) => fc.tuple(...some.map(([name, may]) => fc.tuple(fc.constant(name), fc.constantFrom(...may)))))
      .map((given) => ({ path, query: new URLSearchParams(given).toString() })),
  );
  const answered = new Set<string>();
  await fc.assert(
    fc.asyncProperty(asked, async ({ path, query }) => {
      const reply = await team.call('GET', `${path}?${query}`);
      expect([path, query, verdict(reply)]).toEqual([path, query, 'good']);
      if (reply.status === 200) answered.add(path);
    }),
    { numRuns: 2_000 },
  );
  // Of the others nobody has made what they are about.
  const known = routes.flat().flatMap(({ path }) => (path.includes(':') ? [] : path));
  expect([known.length > 12, known.filter((path) => !answered.has(path))]).toEqual([true, []]);
}, 120_000);
