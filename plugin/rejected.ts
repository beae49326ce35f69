// Events that the relay will never take are put aside with its reason, for a person to look at, and hold nothing up.

import { appendFileSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

import type { SourceEvent } from './contract.ts';
import { REJECTED_BYTES } from './limits.ts';

export type SetAside = (source: string, event: SourceEvent, detail: string) => void;

export function openRejected(folder: string): SetAside {
  return (source, event, detail) => {
    const path = join(folder, `${source}.rejected.jsonl`);
    try {
      if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > REJECTED_BYTES) return;
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      appendFileSync(path, `${JSON.stringify({ detail, event })}\n`, { mode: 0o600 });
    } catch {
      // Without a disk there is no place to put it; the log has the reason.
    }
  };
}
