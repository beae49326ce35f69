// Where the relay's own requests may go on one machine. Unless endpoints may be private, the runtime connects to public addresses
// alone: it holds each address that a name leads to against that when it connects, so that no name can turn in between. On
// Cloudflare the platform does the same.
import { readFileSync } from 'node:fs';

import type { RelayOptions } from './relay.ts';

export function egress({ allowPrivateEndpoints }: RelayOptions) {
  if (allowPrivateEndpoints === true) return {};
  // The operator's own servers may well be at home.
  return { outboundService: network(['public']), serviceBindings: { INSIDE: network(['public', 'private']) } };
}

function network(allow: string[]) {
  const extra = process.env['NODE_EXTRA_CA_CERTS'];
  const trustedCertificates = extra === undefined ? [] : certificatesOf(readFileSync(extra, 'utf8'));
  return { network: { allow, deny: [], tlsOptions: { trustBrowserCas: true, trustedCertificates } } };
}

function certificatesOf(pem: string): string[] {
  return pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
}
