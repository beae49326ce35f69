// What a relay's answer means for the batch that was sent: one union, decided without clock or network.

import type { Rejection } from './contract.ts';
import { fields, list } from './field.ts';
import type { Fields } from './field.ts';
import { REFUSED_MAX_MS } from './limits.ts';

export type Answer =
  /** All but these are stored. */
  | { readonly kind: 'stored'; readonly rejected: readonly Rejection[]; readonly receipt: Fields }
  /** Some event may be the reason: one is where the relay names it. Whoever else answers so may be no relay, or an older one. */
  | { readonly kind: 'unreadable'; readonly detail: string; readonly isNamed: boolean }
  /** The address or the token is wrong: no event is at fault, and waiting does not help. */
  | { readonly kind: 'refused'; readonly detail: string }
  /** Try again; the relay may have said when. */
  | { readonly kind: 'later'; readonly afterMs: number | null; readonly detail: string };

export function classify(status: number, retryAfter: string | null, body: string, now: number): Answer {
  const answer = parse(body);
  const rejected = rejections(answer.rejected);
  const isReceipt = status === 202 ? typeof answer.accepted === 'number' : status === 422 && rejected.length > 0;
  if (isReceipt) return { kind: 'stored', rejected, receipt: answer };
  const detail = explain(status, answer.detail);
  if (status === 400 || status === 413) {
    return { kind: 'unreadable', detail, isNamed: /^events\.\d/.test(String(answer.detail)) };
  }
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    return { kind: 'later', afterMs: parseRetryAfter(retryAfter, now), detail };
  }
  // Also a 200 from a hotel's login page, and any redirect: whoever answered is no relay, and nothing was stored.
  return { kind: 'refused', detail };
}

/** Seconds or a date, as RFC 9110 allows; null when it is neither. */
export function parseRetryAfter(value: string | null, now: number): number | null {
  if (value === null || value.trim() === '') return null;
  const ms = /^\s*\d+\s*$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now;
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), REFUSED_MAX_MS) : null;
}

function parse(body: string): Fields {
  try {
    return fields(JSON.parse(body));
  } catch {
    // A proxy's page: the status must do.
    return {};
  }
}

function rejections(value: unknown): readonly Rejection[] {
  return list(value).flatMap((entry) => {
    const { index, detail } = fields(entry);
    if (typeof index !== 'number' || !Number.isInteger(index) || index < 0) return [];
    return [{ index, detail: typeof detail === 'string' ? detail.slice(0, 500) : 'no reason given' }];
  });
}

function explain(status: number, detail: unknown): string {
  return `the relay answered ${status}${typeof detail === 'string' ? `: ${detail.slice(0, 200)}` : ''}`;
}
