// The progress of a long run on stderr: one line that is written anew on a terminal, else a line now and then.

import { grouped } from '../figure.ts';

export interface Report {
  readonly at: (rows: number) => void;
  readonly say: (text: string) => void;
  readonly end: () => void;
}

const EVERY_MS = 10_000;
const REWRITE_MS = 100;

export function openReport(
  total: number,
  { write, isTerminal, now }: { write: (text: string) => void; isTerminal: boolean; now: () => number },
): Report {
  const startedAt = now();
  let saidAt = startedAt;
  let isOpen = false;
  return {
    at(rows) {
      if (now() - saidAt < (isTerminal ? REWRITE_MS : EVERY_MS)) return;
      saidAt = now();
      const line = lineOf(rows);
      write(isTerminal ? `\r\u001B[2K${line}` : `${line}\n`);
      isOpen = isTerminal;
    },
    say(text) {
      write(`${isOpen ? '\r\u001B[2K' : ''}${text}\n`);
      isOpen = false;
    },
    end() {
      if (isOpen) write('\r\u001B[2K');
      isOpen = false;
    },
  };

  function lineOf(rows: number): string {
    const share = total === 0 ? 1 : Math.min(1, rows / total);
    const perSecond = Math.round((rows * 1_000) / Math.max(1, now() - startedAt));
    return `${Math.floor(share * 100)} % · ${grouped(rows)} of ${grouped(total)} rows · ${grouped(perSecond)} a second`;
  }
}
