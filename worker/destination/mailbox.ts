// Where an e-mail endpoint leads: `mailto:` and some addresses (RFC 6068), without the header fields that such a URL may carry.
import { fail, ok, type Result } from '../result.ts';

const MAX_RECIPIENTS = 10;
const MAX_ADDRESS = 254;
/** A dot-atom at a domain name (RFC 5322, 3.4.1), without what has a meaning of its own in a URL or a list. */
const ADDRESS =
  /^[\w!$'*+=^`{|}~-]+(?:\.[\w!$'*+=^`{|}~-]+)*@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/i;

export function isAddress(text: string): boolean {
  return text.length <= MAX_ADDRESS && text.indexOf('@') <= 64 && ADDRESS.test(text);
}

export function vetMailbox(text: string): Result<URL, string> {
  const got = `got ${text.slice(0, 80)}`;
  if (!/^mailto:/i.test(text)) return fail(`url must be such as mailto:oncall@example.com, ${got}`);
  const addresses = recipientsOf(text);
  if (addresses.length > MAX_RECIPIENTS)
    return fail(`url must name at most ${MAX_RECIPIENTS} addresses, got ${addresses.length}`);
  const wrong = addresses.find((address) => !isAddress(address));
  return wrong === undefined
    ? ok(new URL(text))
    : fail(`url must be mailto: and addresses with commas between them, got "${wrong.slice(0, 80)}"`);
}

export function recipientsOf(url: string): string[] {
  return url.slice('mailto:'.length).split(',');
}

/** At whose servers they are. */
export function domainsOf(url: string): string[] {
  return [...new Set(recipientsOf(url).map((address) => address.slice(address.indexOf('@') + 1).toLowerCase()))];
}
