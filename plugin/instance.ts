// One plugin at work in one directory: it puts the parts together and keeps their time. Everything here may be called by
// OpenCode or by a timer, so nothing here throws or rejects.

import { join } from 'node:path';

import { adopt } from './adopt.ts';
import { openAlerts } from './alerts.ts';
import type { Clock } from './clock.ts';
import type { Configuration } from './configure.ts';
import type { Source } from './contract.ts';
import type { Inherited } from './inherited.ts';
import { spoolKey } from './key.ts';
import { ADOPT_EVERY_MS, ADOPT_FIRST_MS, DISPOSE_MS, SUSPENDED_MS, TRIM_EVERY_MS } from './limits.ts';
import type { Log } from './log.ts';
import type { Given } from './mail/open.ts';
import { normalise, remember } from './normalise.ts';
import { spoolFile, thisProcess } from './owner.ts';
import { openPost } from './post.ts';
import type { Registry } from './registry.ts';
import { openRejected } from './rejected.ts';
import { Sender } from './sender.ts';
import { Spool } from './spool.ts';
import { tidy } from './tidy.ts';

export interface Instance {
  /** Takes one raw event of OpenCode. Synchronous, and done in microseconds. */
  readonly record: (raw: unknown) => void;
  /** Before each call of a model: throws where the member wants to be stopped by a budget that is used up. */
  readonly admit: () => void;
  /** What mail and tools need; null where neither is wanted. */
  readonly given: Given | null;
  /** Sends what is left within its time. Never rejects; called twice, it is one ending. */
  readonly end: () => Promise<void>;
}

interface Surroundings {
  readonly configuration: Configuration;
  readonly source: Source;
  readonly shared: Registry;
  readonly log: Log;
  readonly show: (message: string) => void;
  readonly clock: Clock;
  readonly newId: () => string;
}

export function open({ configuration, source: first, shared, log, show, clock, newId }: Surroundings): Instance {
  const { url, token, titles, extras, spoolFolder } = configuration;
  const here = thisProcess();
  const key = spoolKey(url, token);
  const folder = join(spoolFolder, key);
  const memory = remember(titles, first.branch);
  const spool = new Spool(folder, spoolFile({ source: first.id, owner: here }));
  let source = first;
  let inherited: Inherited | null = null;
  let touchedAt = clock.now();
  let trimmedAt = touchedAt;
  let isLookingForMore = false;
  let isTrimming = false;
  let ending: Promise<void> | null = null;
  let cancelTick = (): void => {};
  let hearOfMail: Parameters<Given['listen']>[0] = () => {};

  const alerts = openAlerts(show, configuration.stop, clock.now);
  const sender = new Sender({
    own: spool,
    inherit,
    post: openPost(url, token, (...request) => globalThis.fetch(...request), clock.now),
    setAside: openRejected(folder),
    hear(receipt) {
      alerts.hear(receipt.budgets);
      hearOfMail(receipt.mail);
    },
    log,
    clock,
  });

  shared.sources.add(source.id);
  shared.endings.add(end);
  tickAfter(ADOPT_FIRST_MS);
  const listen: Given['listen'] = (hear) => {
    hearOfMail = hear;
  };
  const given = extras && { url, token, source: first, options: extras, log, listen };
  return { record, admit: alerts.admit, given, end };

  function record(raw: unknown): void {
    try {
      const fact = normalise(raw, memory, clock.now(), newId);
      if (fact === null) return;
      // Suspended, a machine seems dead to another one with the same home folder, which may have taken the files.
      if (clock.now() - touchedAt > SUSPENDED_MS) touch();
      if (memory.branch !== source.branch || memory.opencodeVersion !== source.opencode_version) {
        source = { ...source, branch: memory.branch, opencode_version: memory.opencodeVersion };
      }
      spool.append(source, fact);
      sender.wake();
      if (spool.isFull) trimSoon();
    } catch (error) {
      // A throw from here would hang OpenCode on some events.
      log('error', `an event met a bug: ${String(error)}`);
    }
  }

  function trimSoon(): void {
    if (isTrimming) return;
    isTrimming = true;
    trimmedAt = clock.now();
    clock.after(0, () => {
      isTrimming = false;
      spool.trim(clock.now());
    });
  }

  function inherit(): Inherited | null {
    if (inherited !== null && inherited.pending > 0) return inherited;
    leave();
    if (!isLookingForMore) return null;
    inherited = adopt(folder, here, shared.sources, clock.now());
    isLookingForMore = inherited !== null;
    return inherited;
  }

  function leave(): void {
    if (inherited === null) return;
    inherited.close();
    shared.sources.delete(inherited.source);
    inherited = null;
  }

  function tickAfter(ms: number): void {
    cancelTick = clock.after(ms, () => {
      tickAfter(ADOPT_EVERY_MS);
      isLookingForMore = true;
      touch();
      sender.wake();
      // What is too old goes, too.
      if (clock.now() - trimmedAt > TRIM_EVERY_MS) trimSoon();
      tidy(spoolFolder, key, here, shared.sources, clock.now());
    });
  }

  function touch(): void {
    touchedAt = clock.now();
    spool.touch(touchedAt);
    inherited?.touch(touchedAt);
  }

  function end(): Promise<void> {
    ending ??= close();
    return ending;
  }

  async function close(): Promise<void> {
    cancelTick();
    let timer: NodeJS.Timeout | undefined;
    // The sender keeps the deadline itself; this one is for what nobody has thought of.
    const enough = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, DISPOSE_MS);
    });
    try {
      await Promise.race([sender.close(clock.now() + DISPOSE_MS - MARGIN_MS), enough]);
    } catch (error) {
      log('error', `ending met a bug: ${String(error)}`);
    }
    clearTimeout(timer);
    shut();
  }

  function shut(): void {
    try {
      spool.close();
      leave();
    } catch (error) {
      log('error', `ending met a bug: ${String(error)}`);
    }
    shared.sources.delete(first.id);
    shared.endings.delete(end);
  }
}

const MARGIN_MS = 100;
