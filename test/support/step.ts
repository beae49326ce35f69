// What the fake model shall do, carried by the prompt itself: OpenCode escapes quotes in prompts, so it travels as base64url.

import type { Usage } from './prices.ts';

export type Step =
  | {
      readonly kind: 'say';
      readonly text?: string;
      readonly chunks?: number;
      readonly gapMs?: number;
      readonly usage?: Usage;
      readonly thinks?: boolean;
    }
  | { readonly kind: 'tool'; readonly name: string; readonly args: Record<string, unknown>; readonly usage?: Usage }
  /** An HTTP error: for ever, or for the first `times` calls, after which it says something. */
  | { readonly kind: 'fail'; readonly status: number; readonly text?: string; readonly times?: number }
  /** Breaks the stream in the middle, for the first `times` calls. */
  | { readonly kind: 'break'; readonly times: number }
  /** Answers nothing and keeps the connection open. */
  | { readonly kind: 'hang' };

export function prompt(words: string, step: Step): string {
  return `${words} step:${Buffer.from(JSON.stringify(step)).toString('base64url')}:end`;
}

export function stepOf(text: string): Step {
  const encoded = /step:([\w-]+):end/.exec(text)?.[1];
  if (encoded === undefined) return { kind: 'say' };
  return JSON.parse(Buffer.from(encoded, 'base64url').toString()) as Step;
}
