// The one door for money. Inside it is an integer count of nano-dollars; outside it is a decimal string in US dollars.
// No figure is ever a binary fraction in between: 0.1 + 0.2 has no place in a ledger.

export type NanoUsd = number & { readonly __unit: 'nano-dollar' };

/** Above this a message's cost is taken for a mistake, unless the operator says otherwise: no model's largest request comes near. */
export const USUAL_MAX_USD = 1_000;

/** No operator can go above this: the sums of a full batch are then exact as numbers. */
export const MAX_USD = 5_000;

/** Digits for the whole part are bounded so that each entry stays far below 2^53 nano-dollars and is exact as a number. */
const DECIMAL = /^(\d{1,6})(?:\.(\d{1,9}))?$/;

/** Reads `"0.00396"`. Anything else, negative, NaN and exponents among it, is null. */
export function parseUsd(text: string): NanoUsd | null {
  const match = DECIMAL.exec(text);
  if (match?.[1] === undefined) return null;
  return (Number(match[1]) * 1e9 + Number((match[2] ?? '').padEnd(9, '0'))) as NanoUsd;
}

const AMOUNT = /^(-?)(\d{1,20})(?:\.(\d{1,9}))?$/;

/** Reads whatever `formatUsd` writes, sums and corrections too; anything else is null. */
export function parseAmount(text: string): bigint | null {
  const [, sign, whole, fraction = ''] = AMOUNT.exec(text) ?? [];
  if (whole === undefined) return null;
  const nano = BigInt(whole) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0'));
  return sign === '-' ? -nano : nano;
}

/** A sum beside which so many messages have an amount that nobody knows: where nothing is known but that, it is null and no zero. */
export function formatKnown(nano: bigint | number | string, unknown: number): string | null {
  return unknown > 0 && BigInt(nano) === 0n ? null : formatUsd(nano);
}

/** Writes an integer count of nano-dollars, of any size, as the shortest exact decimal string. */
export function formatUsd(nano: bigint | number | string): string {
  const count = BigInt(nano);
  const digits = (count < 0n ? -count : count).toString().padStart(10, '0');
  const whole = digits.slice(0, -9);
  const fraction = digits.slice(-9).replace(/0+$/, '');
  return `${count < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}
