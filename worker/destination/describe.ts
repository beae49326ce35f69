// What is said of an answer that is no success, by its attempt and its endpoint.
import { headOf } from './clip.ts';
import type { Answer } from './destination.ts';

/** A hostile receiver would have us store whole headers. */
const MAX_PLACE = 200;
const MAX_WORDS = 512;

export function describe({ status, headers, body }: Answer): string {
  // A redirect is never followed: the new address has not been vetted and a POST would arrive there as something else.
  if (status >= 300 && status < 400)
    return `answered ${status} to ${placeTold(headers.get('location') ?? null)}: not followed`;
  const text = body.trim();
  return text === '' ? `answered ${status}` : `answered ${status}: ${headOf(text, MAX_WORDS)}`;
}

/** The rest of a redirect may be a credential, and whoever may only read sees attempts too. */
export function placeTold(location: string | null): string {
  if (location === null) return 'nowhere';
  return URL.canParse(location) ? new URL(location).origin.slice(0, MAX_PLACE) : 'another path';
}
