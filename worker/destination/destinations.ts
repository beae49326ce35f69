// Every kind of push endpoint there is.
import type { Destination } from './destination.ts';
import { discord } from './discord.ts';
import { ntfy } from './ntfy.ts';
import { slack } from './slack.ts';
import { webhook } from './webhook.ts';

export type DestinationKind = 'webhook' | 'slack' | 'discord' | 'ntfy';

export const destinations: Readonly<Record<DestinationKind, Destination>> = { webhook, slack, discord, ntfy };

export const DESTINATION_KINDS = Object.keys(destinations) as readonly DestinationKind[];
