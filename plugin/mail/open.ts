// Mail and tools in OpenCode: hooks around the plugin's own ones, which fetch mail and put it before a model. A bundle by itself,
// as who turns both off does not load it.

import type { Hooks } from '@opencode-ai/plugin';

import { systemClock } from '../clock.ts';
import type { Source } from '../contract.ts';
import type { Fields } from '../field.ts';
import type { Log } from '../log.ts';
import { registry } from '../registry.ts';
import { commandOf } from '../signal.ts';
import { ownAddresses } from './addresses.ts';
import { Box } from './box.ts';
import { openCollect } from './collect.ts';
import { openFamily } from './family.ts';
import type { Sessions } from './family.ts';
import { delivering } from './hooks.ts';
import type { Base } from './hooks.ts';
import { openInsertions } from './insert.ts';
import { openOffice } from './office.ts';
import { readOptions } from './options.ts';
import { openReading } from './reading.ts';
import { announcing } from './toast.ts';
import type { Toasts } from './toast.ts';
import { toolsOf } from './tools.ts';
import { watch } from './watch.ts';

/** What index.ts hands over: the build shortens none of these names, as the two bundles are made apart. */
export interface Given {
  readonly url: string;
  readonly token: string;
  readonly source: Source;
  readonly options: Fields;
  readonly log: Log;
  /** Says who is to hear what each receipt says of mail. */
  readonly listen: (hear: (waiting: unknown) => void) => void;
}

/** Of OpenCode's client, the calls that are made here. */
export interface Client {
  readonly session: Sessions;
  readonly tui: Toasts;
}

export function open(hooks: Base, { url, token, source, options: raw, log, listen }: Given, client: Client): Hooks {
  const options = readOptions(raw);
  for (const warning of options.warnings) log('warn', warning);
  const own = ownAddresses(source);
  const office = openOffice(url, token);
  const books = options.readToken === null ? null : openOffice(url, options.readToken);
  const box = new Box();
  const tool = toolsOf(options, { office, books, own, finish: (id) => box.finish([id]) });
  if (!options.mail) return { ...hooks, tool };

  const family = openFamily(client.session);
  const addresses = () => [...own, ...family.roots().map((id) => `session:${id}`)];
  const isOneTurn = commandOf(process.argv) === 'run';
  const collect = openCollect({
    box,
    office,
    addresses,
    waitsForTool: isOneTurn,
    tell: announcing(client.tui),
    log,
    now: Date.now,
  });
  listen(collect.hear);
  const stop = follow();
  const { endings } = registry();
  endings.add(collect.end);
  const parts = {
    box,
    family,
    reading: openReading(Date.now),
    insertions: openInsertions(Date.now),
    collect,
    isOneTurn,
    log,
  };
  return {
    ...delivering(hooks, parts),
    tool,
    async dispose() {
      stop();
      endings.delete(collect.end);
      await Promise.all([hooks.dispose(), collect.end()]);
    },
  };

  function follow(): () => void {
    if (options.streamToken === null) return () => {};
    const isOurs = (address: unknown) => addresses().some((one) => one === address);
    const hear = () => collect.hear({ unread: 1 });
    return watch({ url, token: options.streamToken, isOurs, hear, clock: systemClock });
  }
}
