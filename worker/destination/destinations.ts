// Every kind of push endpoint there is.
import type { Destination } from './destination.ts';
import { webhook } from './webhook.ts';

export const destinations = { webhook } satisfies Record<string, Destination>;

export type DestinationKind = keyof typeof destinations;

export const DESTINATION_KINDS = Object.keys(destinations) as readonly DestinationKind[];
