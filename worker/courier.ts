// The Courier delivers for a team's object. It is a stateless entrypoint of the same Worker, so that the fetches of a burst do
// not share the object's own few connections, and it alone opens an endpoint's secrets.
import { WorkerEntrypoint } from 'cloudflare:workers';

import { open } from './access/cipher.ts';
import type { Attempt } from './delivery/outcome.ts';
import { sendAll, type Plan } from './delivery/send.ts';
import type { Manner } from './delivery/settings.ts';
import { destinations, type DestinationKind } from './destination/destinations.ts';
import type { Env } from './env.ts';
import type { Outgoing } from './event/event.ts';

export interface Parcel {
  readonly endpoint: {
    readonly id: string;
    readonly kind: DestinationKind;
    readonly url: string;
    /** Sealed. */
    readonly secrets: readonly string[];
    readonly manner: Manner;
  };
  readonly events: readonly Outgoing[];
  readonly plan: Plan;
}

export class Courier extends WorkerEntrypoint<Env> {
  async deliver({ endpoint, events, plan }: Parcel): Promise<Attempt[]> {
    const target = {
      url: endpoint.url,
      keys: await Promise.all(endpoint.secrets.map((one) => open(one, endpoint.id, this.env.OPERATOR_SECRET))),
      destination: destinations[endpoint.kind],
      policy: { allowPrivate: this.env.ALLOW_PRIVATE_ENDPOINTS === 'true' },
      ...endpoint.manner,
    };
    return sendAll(events, target, { fetch, now: Date.now }, plan);
  }
}
