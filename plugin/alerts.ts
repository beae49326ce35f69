// What the relay says of budgets that are used up: the member sees it once, and is stopped only where the member's own settings
// ask for that, until the budget's period ends or the relay says otherwise.

import { fields, list, name } from './field.ts';

export interface Alerts {
  /** Takes what a receipt said. */
  readonly hear: (budgets: unknown) => void;
  /** Throws where the next call of a model is not to be made. */
  readonly admit: () => void;
}

export function openAlerts(show: (message: string) => void, isStopWanted: boolean, now: () => number): Alerts {
  const shown = new Set<string>();
  let reason = '';
  let stoppedUntil = 0;
  return {
    hear(budgets) {
      stoppedUntil = 0;
      for (const entry of list(budgets)) {
        const { id, until, action, message } = fields(entry);
        const text = name(message) ?? '';
        if (isStopWanted && action === 'stop') {
          reason = text;
          stoppedUntil = Date.parse(until as string);
        }
        // A budget is news again in its next period.
        const key = `${id as string} ${until as string}`;
        if (!shown.has(key)) show(text);
        shown.add(key);
      }
    },
    admit() {
      if (now() < stoppedUntil) throw new Error(`${reason}; option stop is true`);
    },
  };
}
