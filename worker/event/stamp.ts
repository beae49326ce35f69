// A stamp orders words about the same thing: by the time they were said, then by their number in their source, then by the
// source. No two events have the same stamp, so "the later word stands" has one answer in whatever order words arrive.
export type Stamp = string & { readonly __unit: 'stamp' };

export function stampOf(event: { readonly at: number; readonly n: number }, source: string): Stamp {
  return `${digits(event.at)}.${digits(event.n)}.${source}` as Stamp;
}

/** Sixteen digits hold any safe integer, so that text sorts as the number does. */
function digits(value: number): string {
  return value.toString().padStart(16, '0');
}
