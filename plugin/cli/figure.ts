// Figures as people read them. Sums are integers of nano-dollars; what is rounded here is only ever shown.

const USD = /^(-?)(\d+)(?:\.(\d{1,9}))?$/;

/** Nano-dollars of a decimal text such as "0.00396"; null for any other text. */
export function nanoOf(usd: unknown): bigint | null {
  const [, sign, whole, fraction = ''] = (typeof usd === 'string' && USD.exec(usd)) || [];
  if (whole === undefined) return null;
  const nano = BigInt(whole + fraction.padEnd(9, '0'));
  return sign === '-' ? -nano : nano;
}

const NANO_PER_CENT = 10_000_000n;

/** To the nearest cent, but what is less than half of one is not nothing. */
export function dollars(nano: bigint): string {
  const size = nano < 0n ? -nano : nano;
  const sign = nano < 0n ? '-' : '';
  const cents = (size + NANO_PER_CENT / 2n) / NANO_PER_CENT;
  if (cents === 0n && size > 0n) return sign === '-' ? '>-$0.01' : '<$0.01';
  return `${sign}$${grouped(cents / 100n)}.${(cents % 100n).toString().padStart(2, '0')}`;
}

/** The width of what is not known, beside a figure; the others of its column leave it free, to stand below one another. */
export const OPEN = '    ';

/** Unknown is never zero: what has no price is said beside what has one. */
export function cost(nano: bigint, unpriced: number, isOpen: boolean): string {
  if (unpriced > 0) return nano === 0n ? 'unpriced' : `${dollars(nano)} + ?`;
  return dollars(nano) + (isOpen ? OPEN : '');
}

export function grouped(count: bigint | number): string {
  return count.toString().replaceAll(/\B(?=(?:\d{3})+$)/g, ',');
}

export function counted(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** The shortest exact decimal, as the relay writes it. */
export function usdOf(nano: bigint): string {
  const digits = (nano < 0n ? -nano : nano).toString().padStart(10, '0');
  const fraction = digits.slice(-9).replace(/0+$/, '');
  return `${nano < 0n ? '-' : ''}${digits.slice(0, -9)}${fraction === '' ? '' : `.${fraction}`}`;
}
