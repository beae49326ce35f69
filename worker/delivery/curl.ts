// A request as a command that repeats it, for whoever wants to try a receiver by hand: in a POSIX shell, with every byte as it was.
import type { Rendered } from '../destination/destination.ts';

export function curlOf({ url, headers, body }: Rendered): string {
  const fields = Object.entries(headers).map(([name, value]) => `-H ${quote(headerOf(name, value))}`);
  // Without --globoff brackets in a URL would mean several, and --data would read a file for a body that begins with @.
  return [`curl -i --globoff ${quote(url)}`, ...fields, `--data-raw ${quote(body)}`].join(' \\\n  ');
}

/** In single quotes nothing means anything but a single quote (POSIX, Shell Command Language, 2.2.2). */
export function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** A header without a value is one to be left out, unless it ends so. */
function headerOf(name: string, value: string): string {
  return value === '' ? `${name};` : `${name}: ${value}`;
}
