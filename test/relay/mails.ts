// Mail of a team under test: sent with defaults, read as its readers do.
import { call, type Reply, type TestRelay, type TestTeam } from './harness.ts';

type Body = Reply['body'];

export async function sendMail(team: TestTeam, given: object = {}): Promise<Body> {
  const { status, body } = await team.call('POST', '/v1/mail', { to: 'overseer', subject: 'hello', ...given });
  if (status !== 201) throw new Error(JSON.stringify(body));
  return body.mail;
}

export async function inbox(team: TestTeam, address: string, query = ''): Promise<Body[]> {
  const { status, body } = await team.call('GET', `/v1/mail?address=${encodeURIComponent(address)}&limit=100${query}`);
  if (status !== 200) throw new Error(JSON.stringify(body));
  return body.mails;
}

export async function lease(team: TestTeam, addresses: readonly string[], given: object = {}): Promise<Body> {
  const { status, body } = await team.call('POST', '/v1/mail/lease', { addresses, ...given });
  if (status !== 200) throw new Error(JSON.stringify(body));
  return body;
}

export async function acknowledge(team: TestTeam, what: object): Promise<string[]> {
  const { status, body } = await team.call('POST', '/v1/mail/ack', what);
  if (status !== 200) throw new Error(JSON.stringify(body));
  return body.acknowledged;
}

/** The team as a token of a scope sees it. */
export async function withScope(relay: TestRelay, team: TestTeam, scope: string): Promise<TestTeam['call']> {
  const { body } = await team.call('POST', '/v1/tokens', { scope, name: scope });
  return (method, path, given, init) => call(relay.relay.url, body.token, method, path, given, init);
}
