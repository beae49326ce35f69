// Says on the screen that mail has come. Where there is no terminal, OpenCode shows nothing.

import { quietly } from '../log.ts';
import type { Letter } from './letter.ts';
import { line } from './wrap.ts';

export interface Toasts {
  showToast(options: { body: { message: string; variant: 'info' } }): unknown;
}

export function announcing(tui: Toasts): (letters: readonly Letter[]) => void {
  return (letters) => {
    const [first] = letters;
    if (first === undefined) return;
    const said = `from ${line(first.from)}: ${line(first.subject)}`.slice(0, MAX_CHARS).toWellFormed();
    const message = letters.length === 1 ? `Mail ${said}` : `${letters.length} messages, the first ${said}`;
    quietly(() => tui.showToast({ body: { message, variant: 'info' } }));
  };
}

const MAX_CHARS = 200;
