// The Courier delivers for a team's object. It is a stateless entrypoint of the same Worker, so that the fetches of a burst do
// not share the object's own few connections, and it alone opens what an endpoint holds sealed.
import { WorkerEntrypoint } from 'cloudflare:workers';

import { open, seal } from './access/cipher.ts';
import { NO_MAIL } from './delivery/mail.ts';
import type { Attempt } from './delivery/outcome.ts';
import { sendAll, type Plan } from './delivery/send.ts';
import { keyringOf, type Env } from './env.ts';
import type { Outgoing } from './event/event.ts';
import type { Sealed } from './store/sealed.ts';
import { openTarget, openUrl, sealUrl, wireTo, type SealedTarget } from './target.ts';

export interface Parcel {
  readonly endpoint: SealedTarget;
  readonly events: readonly Outgoing[];
  readonly plan: Plan;
}

export type Resealable = { readonly id: string } & Pick<Sealed, 'url' | 'secret' | 'retired'>;

export class Courier extends WorkerEntrypoint<Env> {
  async deliver({ endpoint, events, plan }: Parcel): Promise<Attempt[]> {
    const target = await openTarget(this.env, endpoint);
    const wire = wireTo(this.env, target.destination);
    // Ours to mend, not the endpoint's: no attempt is charged.
    if (wire === null) throw new Error(NO_MAIL);
    return sendAll(events, target, wire, plan);
  }

  /** Each under the newest of the operator's secrets; null where it cannot be opened. */
  reseal(endpoints: readonly Resealable[]): Promise<(Sealed | null)[]> {
    return Promise.all(endpoints.map((endpoint) => this.#resealed(endpoint).catch(() => null)));
  }

  async #resealed({ id, url, secret, retired }: Resealable): Promise<Sealed> {
    const keyring = keyringOf(this.env);
    const again = async (sealed: string) => seal(await open(sealed, id, keyring), id, keyring);
    return {
      ...(await sealUrl(id, await openUrl({ id, url }, keyring), keyring)),
      secret: await again(secret),
      retired: await Promise.all(retired.map(async ({ secret, until }) => ({ secret: await again(secret), until }))),
    };
  }
}
