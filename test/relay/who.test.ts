import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';

import { mintToken, SCOPES, type Scope } from '../../worker/access/token.ts';
import { batch, idle } from './builders.ts';
import { call, startTestRelay, type Reply } from './harness.ts';
import { useOnce, useRelay } from './setup.ts';

const relay = useRelay();
const team = useOnce(() => relay.team());

function as(token: string | null, method: string, path: string, body?: unknown): Promise<Reply> {
  return call(relay.relay.url, token, method, path, body);
}

async function tokenOf(scope: Scope, of = team): Promise<{ id: string; token: string }> {
  return (await of.call('POST', '/v1/tokens', { scope, name: 'test' })).body;
}

function kindOf({ status, headers, body }: Reply): string {
  const kind = String(body.type).replace('urn:gasline:problem:', '');
  return headers.get('content-type') === 'application/problem+json' ? `${status} ${kind}` : status.toString();
}

const ROUTES = {
  ingest: [['POST', '/v1/events']],
  read: [
    '/v1/events',
    '/v1/sessions',
    '/v1/sessions/x',
    '/v1/usage',
    '/v1/sources',
    '/v1/team',
    '/v1/endpoints',
    '/v1/endpoints/x',
    '/v1/endpoints/x/attempts',
  ].map((path) => ['GET', path]),
  admin: [
    ...['', '/x/enable', '/x/disable', '/x/test', '/x/replay'].map((path) => ['POST', `/v1/endpoints${path}`]),
    ['PATCH', '/v1/endpoints/x'],
    ['DELETE', '/v1/endpoints/x'],
    ['GET', '/v1/tokens'],
    ['POST', '/v1/tokens'],
    ['DELETE', '/v1/tokens/x'],
  ],
} as const;
const ROOT_ROUTES = [
  ['GET', '/v1/teams'],
  ['POST', '/v1/teams'],
  ['POST', '/v1/teams/x/tokens'],
] as const;

const ALL = SCOPES.flatMap((scope) => ROUTES[scope].map(([method = '', path = '']) => [scope, method, path] as const));

test.each(ALL)('the scope %s is what %s %s needs', async (scope, method, path) => {
  expect(kindOf(await as(null, method, path))).toBe('401 token-missing');
  for (const held of SCOPES) {
    const { token } = await tokenOf(held);
    const isAllowed = kindOf(await as(token, method, path)) !== '403 token-scope';
    expect([held, isAllowed]).toEqual([held, held === scope || held === 'admin']);
  }
});

test.each(ROOT_ROUTES)("%s %s is the operator's alone", async (method, path) => {
  expect(kindOf(await as(null, method, path))).toBe('401 token-missing');
  expect(kindOf(await as(team.token, method, path))).toBe('401 token-invalid');
  expect(kindOf(await as(`${relay.relay.rootToken}0`, method, path))).toBe('401 token-invalid');
  expect(kindOf(await as(relay.relay.rootToken, method, path))).not.toMatch(/^401/);
});

test('the root token is no token of a team', async () => {
  expect(kindOf(await as(relay.relay.rootToken, 'GET', '/v1/usage'))).toBe('401 token-invalid');
});

test.each([
  ['Basic Z2w6Z2w=', '401 token-missing'],
  ['Bearer', '401 token-missing'],
  ['Bearer ', '401 token-missing'],
  ['Bearer a b', '401 token-missing'],
  ['gl_ingest_acme', '401 token-missing'],
  ['Bearer gl_ingest_acme', '401 token-invalid'],
  ['Bearer null', '401 token-invalid'],
  [`Bearer ${'x'.repeat(8_000)}`, '401 token-invalid'],
])('the header %j is answered with %s', async (authorization, kind) => {
  const reply = await call(relay.relay.url, null, 'GET', '/v1/team', undefined, { headers: { authorization } });
  expect([kindOf(reply), reply.headers.get('www-authenticate')]).toEqual([kind, 'Bearer']);
});

test('the name of the scheme may be written in any case', async () => {
  const headers = { authorization: `bEaReR  ${team.token}` };
  expect((await call(relay.relay.url, null, 'GET', '/v1/team', undefined, { headers })).status).toBe(200);
});

test('a revoked token ends at once, and cannot be revoked twice', async () => {
  const { id, token } = await tokenOf('ingest');
  expect((await as(token, 'POST', '/v1/events', batch([idle(1)]))).status).toBe(202);
  expect((await team.call('DELETE', `/v1/tokens/${id}`)).status).toBe(204);
  expect(kindOf(await as(token, 'POST', '/v1/events', batch([idle(2)])))).toBe('401 token-revoked');
  expect(kindOf(await team.call('DELETE', `/v1/tokens/${id}`))).toBe('404 not-found');
  expect((await team.call('GET', '/v1/events')).body.head).toBe(1);
});

test('a list of tokens shows none of them', async () => {
  const { token } = await tokenOf('read');
  const listed = JSON.stringify((await team.call('GET', '/v1/tokens')).body);
  expect(listed).toContain(token.split('_')[3]);
  for (const secret of [token, token.split('_')[4], token.split('_')[5], team.token])
    expect(listed).not.toContain(secret);
  expect(JSON.stringify(await team.query('SELECT * FROM token'))).not.toContain(token.split('_')[4]);
});

test('a team is made once', async () => {
  const again = await as(relay.relay.rootToken, 'POST', '/v1/teams', { id: team.id });
  expect(kindOf(again)).toBe('409 conflict');
  expect((await team.call('GET', '/v1/team')).status).toBe(200);
  expect(kindOf(await as(relay.relay.rootToken, 'POST', '/v1/teams/nobody/tokens', { scope: 'read', name: 'x' }))).toBe(
    '404 not-found',
  );
});

test('a team whose making ended halfway gets no token, and is made by the same request', async () => {
  const namespace = await relay.relay.runtime.getDurableObjectNamespace('DIRECTORY');
  const directory = namespace.get(namespace.idFromName('teams')) as unknown as { enter(team: object): Promise<void> };
  await directory.enter({ id: 'halfway', name: 'halfway', created: 0 });
  const root = (path: string, body: unknown) => as(relay.relay.rootToken, 'POST', path, body);
  expect(kindOf(await root('/v1/teams/halfway/tokens', { scope: 'read', name: 'x' }))).toBe('404 not-found');
  expect((await root('/v1/teams', { id: 'halfway' })).status).toBe(201);
  expect((await root('/v1/teams/halfway/tokens', { scope: 'read', name: 'x' })).status).toBe(201);
});

/** Every object of a class has its own file of SQLite in the data folder. */
function teamObjects(): number {
  const files = readdirSync(relay.dataDir, { recursive: true, encoding: 'utf8' });
  return files.filter((file) => /Team[\\/][0-9a-f]{64}\.sqlite$/.test(file)).length;
}

test('a forged token makes no object for the team it names', async () => {
  const before = teamObjects();
  expect(before).toBeGreaterThan(0);
  for (let index = 0; index < 20; index += 1) {
    const grant = { team: `nobody-${index}`, scope: 'admin' } as const;
    const forged = await mintToken(grant, ['not the secret'], (count) => new Uint8Array(count));
    expect(kindOf(await as(forged.text, 'GET', '/v1/usage'))).toBe('401 token-invalid');
    expect(kindOf(await as(forged.text, 'POST', '/v1/events', batch([idle(1)])))).toBe('401 token-invalid');
  }
  expect(kindOf(await as(relay.relay.rootToken, 'POST', '/v1/teams/nobody/tokens', { scope: 'read', name: 'x' }))).toBe(
    '404 not-found',
  );
  expect(teamObjects()).toBe(before);
});

test('a token past its rate is told when to come again, and others are not held up', async () => {
  const slow = await startTestRelay({ rateLimit: 5 });
  const limited = await slow.team();
  const replies = await Promise.all(Array.from({ length: 12 }, () => limited.call('GET', '/v1/team')));
  const refused = replies.filter(({ status }) => status === 429);
  expect(refused.length).toBeGreaterThanOrEqual(5);
  expect(new Set(refused.map(kindOf))).toEqual(new Set(['429 rate-limited']));
  expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(0);
  const other = await slow.team();
  const { body } = await other.call('POST', '/v1/inbound', { kind: 'slack', name: 'x' });
  const posted = await Promise.all(
    Array.from({ length: 12 }, () => call(slow.relay.url, null, 'POST', body.url, { text: 'x' })),
  );
  expect(new Set(posted.map(kindOf))).toEqual(new Set(['200', '429 rate-limited']));
  expect((await other.call('GET', '/v1/team')).status).toBe(200);
  await slow.close();
});
