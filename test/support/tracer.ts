// Installs the tracer plugin and reads what it wrote.

import { existsSync, readFileSync } from 'node:fs';

export interface RawEvent {
  readonly id: string;
  readonly type: string;
  readonly pid: number;
  readonly at: number;
  readonly properties: RawProperties;
}

/** The few fields of OpenCode's events that the tests look at. */
export interface RawProperties {
  readonly id?: string;
  readonly sessionID?: string;
  readonly status?: { readonly type: 'busy' | 'idle' | 'retry' };
  readonly info?: {
    readonly id: string;
    readonly role?: 'user' | 'assistant';
    readonly parentID?: string;
    readonly cost?: number;
    readonly error?: { readonly name: string };
    readonly time: { readonly created: number; readonly completed?: number };
    readonly revert?: { readonly messageID: string; readonly partID?: string };
  };
}

/** The entry for OpenCode's `plugin` list. */
export function tracer(file: string): [string, { file: string }] {
  return [new URL('tracer-plugin.ts', import.meta.url).href, { file }];
}

export function readTrace(file: string): RawEvent[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  // A process that was killed may have left half a line behind; only the last one can be torn.
  return lines.flatMap((line) => {
    if (!line.endsWith('}')) return [];
    const event = JSON.parse(line) as RawEvent;
    return event.type.startsWith('tracer.') ? [] : [event];
  });
}
