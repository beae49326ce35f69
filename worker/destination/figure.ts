// Figures as people read them in a message. What is rounded here is only ever shown.
const USD = /^(-?)(\d+)(?:\.(\d{1,9}))?$/;
const NANO_PER_CENT = 10_000_000n;

/** A decimal text such as "0.00396" to the nearest cent, but less than half a cent is not nothing; null for any other. */
export function spokenUsd(usd: string): string | null {
  const [, sign, whole, fraction = ''] = USD.exec(usd) ?? [];
  if (whole === undefined) return null;
  const nano = BigInt(whole + fraction.padEnd(9, '0'));
  const cents = (nano + NANO_PER_CENT / 2n) / NANO_PER_CENT;
  if (cents === 0n && nano > 0n) return sign === '-' ? 'less than $0.01 back' : 'less than $0.01';
  return `${nano === 0n ? '' : sign}$${grouped(cents / 100n)}.${(cents % 100n).toString().padStart(2, '0')}`;
}

/** In minutes: nobody is called for seconds. */
export function spokenTime(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1) return 'less than a minute';
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  if (hours === 0) return `${rest} min`;
  return rest === 0 ? `${grouped(hours)} h` : `${grouped(hours)} h ${rest} min`;
}

export function counted(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`;
}

export function grouped(count: bigint | number): string {
  return count.toString().replaceAll(/\B(?=(?:\d{3})+$)/g, ',');
}
