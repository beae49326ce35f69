// Every kind of push endpoint there is.
import type { Destination } from './destination.ts';
import { discord } from './discord.ts';
import { email } from './email.ts';
import { gascity } from './gascity.ts';
import { googleChat } from './google-chat.ts';
import { ntfy } from './ntfy.ts';
import { pagerduty } from './pagerduty.ts';
import { slack } from './slack.ts';
import { teams } from './teams.ts';
import { telegram } from './telegram.ts';
import { webhook } from './webhook.ts';

export type DestinationKind =
  | 'webhook'
  | 'slack'
  | 'discord'
  | 'ntfy'
  | 'teams'
  | 'google-chat'
  | 'telegram'
  | 'pagerduty'
  | 'email'
  | 'gascity';

/** One that is pulled has no destination: nobody is called. */
export type EndpointKind = DestinationKind | 'pull';

export const destinations: Readonly<Record<DestinationKind, Destination>> = {
  webhook,
  slack,
  discord,
  ntfy,
  teams,
  'google-chat': googleChat,
  telegram,
  pagerduty,
  email,
  gascity,
};

export const DESTINATION_KINDS = Object.keys(destinations) as readonly DestinationKind[];
