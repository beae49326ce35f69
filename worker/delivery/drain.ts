// The drain loop of one endpoint: take what it should have next, send it, record what became of it, until nothing is left.
// A crash between send and record repeats the window under the same ids: at least once, and deduplicable.
import type { Attempt } from './outcome.ts';

export interface Drain<Window> {
  /**
   * What to send now: new events after the cursor and retries that are due. `again` when a look found nothing that is wanted
   * but has not come to the end, null when there is nothing to do yet.
   */
  readonly take: () => Window | 'again' | null;
  /** Sends a window. It may stop early on failures: what it does not return was not tried. */
  readonly send: (window: Window) => Promise<readonly Attempt[]>;
  /** In one transaction: the attempts, the retries they lead to, the cursor. */
  readonly record: (window: Window, attempts: readonly Attempt[]) => void;
  /** Lets others have their turn: a long search holds nobody up. */
  readonly pause: () => Promise<void>;
}

export async function drain<Window>({ take, send, record, pause }: Drain<Window>): Promise<void> {
  for (let window = take(); window !== null; window = take()) {
    if (window === 'again') await pause();
    else record(window, await send(window));
  }
}
