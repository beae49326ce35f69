// Every command of `gasline`, by its name: a new one is a line here and a file of its own.

import { backfill } from './backfill.ts';
import { bridge } from './bridge.ts';
import type { Command } from './command.ts';
import { costs } from './costs.ts';
import { listen } from './listen.ts';
import { reconcile } from './reconcile.ts';
import { sessions } from './sessions.ts';
import { tail } from './tail.ts';

export const COMMANDS: Readonly<Record<string, Command>> = {
  costs,
  sessions,
  tail,
  listen,
  bridge,
  backfill,
  reconcile,
};
