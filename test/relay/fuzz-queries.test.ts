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
const READING = [...APP.matchAll(/^app\.get\('(\/v1\/[^']+)', needs\(/gm)].flatMap(([, path = '']) =>
  path === '/v1/stream' ? [] : path,
);

/** What a parameter may be; of one that is not named here what a filter may be. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
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
async function parametersOf(path: string) {
  const refused = async (query: string): Promise<string> =>
    (await team.call('GET', `${path}?${query}`)).body.detail ?? '';
  const [, names] = /which takes (.+)$/.exec(await refused('neither=1')) ?? [];
  return Promise.all(
    (names?.split(', ') ?? []).map(async (name) => {
      const [, listed] = /: must be one of (.+), got neither$/.exec(await refused(`${name}=neither`)) ?? [];
      return [name, listed?.split(', ') ?? VALUES[name] ?? FILTER] as const;
    }),
  );
}

test('any parameters of a route go together', async () => {
  const { body } = await team.call('POST', '/v1/endpoints', { kind: 'webhook', url: 'http://127.0.0.1:9/' });
  const two = source({ id: 'src_2', member: 'bob@example.com', branch: null, project: null });
  await team.call('POST', '/v1/events', batch([idle(1), message(2), message(3, { model: 'another' })]));
  await team.call('POST', '/v1/events', batch([message(1, {}, { session: 'ses_2' })], { source: two }));
  const paths = READING.map((path) =>
    path.replace('/endpoints/:id', `/endpoints/${body.endpoint.id}`).replace('/sessions/:id', '/sessions/ses_1'),
  );
  const routes = await Promise.all(
    paths.map(async (path) => {
      const parameters = await parametersOf(path);
      return parameters.length === 0 ? [] : { path, parameters };
    }),
  );
  const query = fc.constantFrom(...routes.flat()).chain(({ path, parameters }) =>
    fc
      .subarray(parameters)
      .chain((some) => fc.tuple(...some.map(([name, may]) => fc.tuple(fc.constant(name), fc.constantFrom(...may)))))
      .map((given) => `${path}?${new URLSearchParams(given).toString()}`),
  );
  let answered = 0;
  await fc.assert(
    fc.asyncProperty(query, async (asked) => {
      const reply = await team.call('GET', asked);
      expect([asked, verdict(reply)]).toEqual([asked, 'good']);
      if (reply.status === 200) answered += 1;
    }),
    { numRuns: 2_000 },
  );
  expect(answered).toBeGreaterThan(500);
});
