// What the parts of the bridge have in common: the town, the relay, and every effect, so that a test may end one at any of them.

import type { Io, Outcome } from '../command.ts';
import type { Connection } from '../connection.ts';
import type { Away } from '../relay.ts';
import type { Disk } from './disk.ts';
import type { Gt } from './gt.ts';
import type { Town } from './town.ts';

export interface Work {
  readonly town: Town;
  /** Of what the bridge must not forget about this town and this relay. */
  readonly folder: string;
  /** Which relay and team it is, without saying so. */
  readonly relay: string;
  /** That mail and events are sent and leased with. */
  readonly ingest: Connection;
  /** That events and spend are read with. */
  readonly read: Connection;
  readonly gt: Gt;
  /** As `gt`, of what may take long and keeps nobody waiting. */
  readonly wake: Gt;
  readonly disk: Disk;
  readonly io: Pick<Io, 'fetch' | 'now' | 'env'>;
  /** A line for the person who looks on. */
  readonly say: (line: string) => void;
  /** Nothing is changed, neither here nor at the relay, and `say` tells what would have been. */
  readonly isDry: boolean;
}

/** How a round of a part ended: with how much it did, or with what hinders it. */
export type Round = Outcome<number> | Away;

/** One direction of one thing. It is asked again and again; what it remembers between is on the disk. */
export type Part = () => Promise<Round>;
