// The middle of some amounts, and how far the usual one lies from it (median absolute deviation). Neither cares how far out the
// few unusual ones are.
export function medianOf(amounts: readonly bigint[]): bigint {
  const sorted = amounts.toSorted((a, b) => (a < b ? -1 : Number(a > b)));
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0n;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? 0n)) / 2n;
}

export function deviationOf(amounts: readonly bigint[], median: bigint): bigint {
  return medianOf(amounts.map((amount) => (amount < median ? median - amount : amount - median)));
}
