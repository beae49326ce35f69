// A receiver may end a connection that was kept for the next request without a word and at any time, and what was just sent on it
// is lost. It goes out once more, on another, before it counts as a failure: to a receiver that knows by its key what it had (RFC
// 9110, 9.2.2), and that has answered in this window. One that loses every connection is not asked twice for that.
import type { Carry } from './send.ts';

export function resending(fetch: Carry): Carry {
  let answered = false;
  return async function fetchAgain(url, posting) {
    try {
      const response = await fetch(url, posting);
      answered = true;
      return response;
    } catch (error) {
      if (!answered || !(error instanceof Error) || error.message !== LOST) throw error;
      return fetch(url, posting);
    }
  };
}

/** What workerd says of a connection that ended before the answer. */
const LOST = 'Network connection lost.';
