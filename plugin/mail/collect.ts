// Fetches mail once the relay has said that some waits, and tells the relay what was read: both in the background, at most one fetch
// at a time. What fails is not tried again by itself: the relay says it again with its next receipt.

import { fields } from '../field.ts';
import { DISPOSE_MS } from '../limits.ts';
import type { Log } from '../log.ts';
import { HELD } from './box.ts';
import type { Box } from './box.ts';
import { readLetters } from './letter.ts';
import type { Letter } from './letter.ts';
import type { Office } from './office.ts';

interface Parts {
  readonly box: Box;
  readonly office: Office;
  readonly addresses: () => readonly string[];
  /** Whether mail is of no use before a tool runs: only then there is another request, and nobody else is to miss it until then. */
  readonly waitsForTool: boolean;
  /** Takes what was not here before. */
  readonly tell: (letters: readonly Letter[]) => void;
  readonly log: Log;
  readonly now: () => number;
}

export interface Collect {
  /** Takes what a receipt says of mail; nothing where none waits. */
  readonly hear: (waiting: unknown) => void;
  /** A tool of a session runs. */
  readonly work: () => void;
  readonly acknowledge: (letters: readonly Letter[]) => void;
  /** Waits a little for what is under way. Never rejects. */
  readonly end: () => Promise<void>;
}

/** Long enough for the turn that reads it, short enough that what a dead process was lent comes again soon. */
const LEASE_S = 300;
/** After a fetch in vain: the relay cannot be reached, or what waits is a sub-agent's. */
const PAUSE_MS = 60_000;

export function openCollect({ box, office, addresses, waitsForTool, tell, log, now }: Parts): Collect {
  const running = new Set<Promise<unknown>>();
  const abort = new AbortController();
  const leases = new Set<unknown>();
  let isFetching = false;
  let isOwed = false;
  let notBefore = 0;

  function run(what: string, work: Promise<unknown>): Promise<unknown> {
    const done = work
      .catch((error: unknown) => {
        if (!abort.signal.aborted) log('warn', `${what}: ${String(error)}`);
      })
      .finally(() => running.delete(done));
    running.add(done);
    return done;
  }

  async function fetch(): Promise<void> {
    const asked = addresses();
    notBefore = now() + PAUSE_MS;
    if (asked.length === 0) return;
    const until = now() + LEASE_S * 1_000;
    const body = { addresses: asked, limit: HELD, lease_s: LEASE_S };
    const answer = await office('mail/lease', { body, signal: abort.signal });
    const letters = readLetters(answer.mails);
    const { fresh, known } = box.stock(letters, until);
    if (letters.length > 0) leases.add(answer.lease);
    if (letters.length > 0) notBefore = 0;
    if (fresh.length > 0) tell(fresh);
    acknowledge(known);
  }

  function acknowledge(letters: readonly Letter[]): void {
    for (const address of new Set(letters.flatMap((letter) => letter.addresses))) {
      const ids = letters.filter((letter) => letter.addresses.includes(address)).map(({ id }) => id);
      const body = { address, ids };
      void run('mail was not acknowledged', office('mail/ack', { body }));
    }
  }

  function fetchOwed(): void {
    if (!isOwed || isFetching || abort.signal.aborted || now() < notBefore || box.isFull(now())) return;
    isOwed = false;
    isFetching = true;
    void run('mail was not fetched', fetch()).finally(() => {
      isFetching = false;
    });
  }

  return {
    hear(waiting) {
      const { unread } = fields(waiting);
      isOwed = typeof unread === 'number' && unread > 0;
      if (!isOwed) box.dropLapsed(now());
      if (!waitsForTool) fetchOwed();
    },
    work: fetchOwed,
    acknowledge,
    async end() {
      abort.abort();
      // Whoever comes next need not wait for the leases to end.
      const held = box.isEmpty() ? [] : leases;
      for (const lease of held) void run('mail was not given back', office('mail/release', { body: { lease } }));
      let timer: NodeJS.Timeout | undefined;
      const enough = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, DISPOSE_MS);
      });
      await Promise.race([Promise.all(running), enough]);
      clearTimeout(timer);
    },
  };
}
