// Decimal dollars as integer nano-dollars, digit by digit: a float in between would be the error that the tests look for.

export function nanoOf(usd: string): bigint {
  const match = /^(\d+)(?:\.(\d{1,9}))?$/.exec(usd);
  if (match === null) throw new Error(`not a decimal amount of at most 9 places: ${JSON.stringify(usd)}`);
  const [, whole = '0', fraction = ''] = match;
  return BigInt(whole) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0'));
}

/** The same where it may be below zero. */
export function signedNanoOf(usd: string): bigint {
  return usd.startsWith('-') ? -nanoOf(usd.slice(1)) : nanoOf(usd);
}
