// A team of the embedded relay, spoken to over HTTP alone.

import { startRelay } from '../../worker/embedded/relay.ts';
import { nanoOf } from './nano.ts';

export interface StoredEvent {
  readonly type: string;
  readonly session: string | null;
  /** OpenCode's id of the event and its number at its source. */
  readonly origin: { readonly id: string; readonly seq: number };
  readonly data: Readonly<Record<string, unknown>>;
}

export interface StoredSession {
  readonly id: string;
  readonly parent: string | null;
  readonly costNano: bigint;
}

export interface StoredSource {
  readonly id: string;
  readonly gaps: readonly { readonly first: number; readonly last: number }[];
  /** Events that came again; the relay stored them once. */
  readonly duplicates: number;
  readonly rejected: number;
}

export interface StoredMail {
  readonly id: string;
  readonly from: string;
  readonly subject: string;
  readonly body: string;
  readonly reply_to?: string;
  readonly recipients: readonly { readonly address: string; readonly state: string }[];
}

export interface Team {
  /** For the plugin: it can post events and nothing else. */
  readonly ingestToken: string;
  readonly readToken: string;
  events(): Promise<StoredEvent[]>;
  sessions(): Promise<StoredSession[]>;
  sources(): Promise<StoredSource[]>;
  usageNano(): Promise<bigint>;
  /** What was paid for and then reverted or deleted. */
  discardedNano(): Promise<bigint>;
  /** The state of a budget is seen to at once. */
  addBudget(budget: object): Promise<void>;
  /** Answers with its id. */
  sendMail(mail: object): Promise<string>;
  mail(id: string): Promise<StoredMail>;
  /** All of an address. */
  mails(address: string): Promise<readonly StoredMail[]>;
  /** Adds a webhook and answers with the secret that its deliveries are signed with. */
  addWebhook(url: URL, events: readonly string[]): Promise<string>;
}

export interface Relay {
  readonly url: URL;
  createTeam(id: string): Promise<Team>;
  close(): Promise<void>;
}

export async function openRelay(dataDir: string): Promise<Relay> {
  const relay = await startRelay({ dataDir, allowPrivateEndpoints: true });
  return {
    url: relay.url,
    createTeam: (id) => createTeam(relay.url, relay.rootToken, id),
    close: () => relay.close(),
  };
}

async function createTeam(url: URL, rootToken: string, id: string): Promise<Team> {
  const call = async <T>(token: string, path: string, body?: object): Promise<T> => {
    const response = await fetch(new URL(path, url), {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text}`);
    return JSON.parse(text) as T;
  };
  const { token: admin } = await call<{ token: string }>(rootToken, '/v1/teams', { id, name: `Team ${id}` });
  const ingest = await call<{ token: string }>(admin, '/v1/tokens', { scope: 'ingest', name: 'laptops' });
  const total = async () => {
    const from = new Date(startOfDay(-1)).toISOString();
    const to = new Date(startOfDay(2)).toISOString();
    const query = new URLSearchParams({ from, to, zone: 'UTC', group_by: 'model' });
    const usage = await call<{ total: { cost_usd: string; discarded_usd: string } }>(
      admin,
      `/v1/usage?${query.toString()}`,
    );
    return usage.total;
  };
  const read = await call<{ token: string }>(admin, '/v1/tokens', { scope: 'read', name: 'reports' });
  return {
    ingestToken: ingest.token,
    readToken: read.token,
    events: async () => {
      const all: StoredEvent[] = [];
      for (let after: number | null = 0; after !== null;) {
        const path: string = `/v1/events?after=${after}&limit=1000`;
        const page = await call<{ events: StoredEvent[]; next: number | null }>(admin, path);
        all.push(...page.events);
        after = page.next;
      }
      return all;
    },
    sessions: async () => {
      const { sessions } = await call<{ sessions: readonly SessionRow[] }>(admin, '/v1/sessions?limit=1000');
      return sessions.map(({ id: session, parent, cost_usd }) => ({ id: session, parent, costNano: nanoOf(cost_usd) }));
    },
    sources: async () => (await call<{ sources: StoredSource[] }>(admin, '/v1/sources?limit=1000')).sources,
    usageNano: async () => nanoOf((await total()).cost_usd),
    discardedNano: async () => nanoOf((await total()).discarded_usd),
    addBudget: async (budget) => {
      await call(admin, '/v1/budgets', budget);
    },
    sendMail: async (mail) => (await call<{ mail: { id: string } }>(admin, '/v1/mail', mail)).mail.id,
    mail: async (mail) => (await call<{ mail: StoredMail }>(admin, `/v1/mail/${mail}`)).mail,
    mails: async (address) => {
      const query = new URLSearchParams({ address, limit: '100' });
      return (await call<{ mails: StoredMail[] }>(admin, `/v1/mail?${query.toString()}`)).mails;
    },
    addWebhook: async (target, events) => {
      const added = { kind: 'webhook', url: target.href, events };
      return (await call<{ secret: string }>(admin, '/v1/endpoints', added)).secret;
    },
  };
}

function startOfDay(daysFromNow: number): number {
  return new Date().setUTCHours(0, 0, 0, 0) + daysFromNow * 86_400_000;
}

interface SessionRow {
  readonly id: string;
  readonly parent: string | null;
  readonly cost_usd: string;
}
