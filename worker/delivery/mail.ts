// What the operator sends mail with: Resend's API, or Cloudflare's send_email binding. Either takes what an e-mail destination
// writes as if it were fetched.
import type { Destination } from '../destination/destination.ts';
import { isAddress } from '../destination/mailbox.ts';
import type { Carry, Posting } from './send.ts';

export interface MailSettings {
  /** `Gasline <alerts@example.com>` or the address alone: a sender that Resend or Cloudflare has verified. */
  readonly EMAIL_FROM?: string;
  readonly RESEND_API_KEY?: string;
  /** Another server with Resend's API; without it Resend's own. */
  readonly RESEND_URL?: string;
  readonly EMAIL?: MailBinding;
}

interface MailBinding {
  readonly send: (mail: Mail & { readonly from: string | Sender }) => Promise<{ readonly messageId: string }>;
}

interface Mail {
  readonly to: string[];
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly headers: Record<string, string>;
}

interface Sender {
  readonly name: string;
  readonly email: string;
}

const RESEND = 'https://api.resend.com';

/** What carries the endpoints of a kind; null where that is mail and the operator sends none. */
export function carrierOf(
  { carrier }: Pick<Destination, 'carrier'>,
  settings: MailSettings,
  fetch: Carry,
): Carry | null {
  return carrier === 'mail' ? mailBy(settings, fetch) : fetch;
}

/** Null where the operator has set up neither, or not rightly. */
export function mailBy(settings: MailSettings, fetch: Carry): Carry | null {
  const { RESEND_API_KEY: key, RESEND_URL: base = RESEND, EMAIL: binding } = settings;
  const from = senderOf(settings.EMAIL_FROM ?? '');
  if (from === null) return null;
  if (key !== undefined && key !== '') return URL.canParse(base) ? byResend(key, base, from, fetch) : null;
  return binding === undefined ? null : byBinding(binding, from);
}

export const NO_MAIL =
  'this relay sends no mail: its operator must set EMAIL_FROM to a sender, and RESEND_API_KEY or a send_email binding EMAIL';

function byResend(key: string, base: string, from: string | Sender, fetch: Carry): Carry {
  const sender = typeof from === 'string' ? from : `${from.name} <${from.email}>`;
  return async function send(_, posting) {
    const headers = { ...posting.headers, authorization: `Bearer ${key}` };
    const body = JSON.stringify({ from: sender, ...mailOf(posting) });
    return fetch(new URL('/emails', base).href, { ...posting, headers, body });
  };
}

/** The binding knows no idempotency: a mail whose answer was lost comes twice. */
function byBinding(binding: MailBinding, from: string | Sender): Carry {
  return async function send(_, posting) {
    try {
      const { messageId } = await within(binding.send({ from, ...mailOf(posting) }), posting.signal);
      return Response.json({ id: messageId });
    } catch (error) {
      if (posting.signal.aborted) throw error;
      const { code = '', message = String(error) } = error as { readonly code?: string; readonly message?: string };
      return Response.json({ name: code, message }, { status: statusOf(code) });
    }
  };
}

/** Of what the binding throws (Cloudflare Email Service, Workers API, "Error codes"), as Resend would have put it. */
const STATUS: ReadonlyMap<string, number> = new Map([
  ['E_RATE_LIMIT_EXCEEDED', 429],
  ['E_DAILY_LIMIT_EXCEEDED', 429],
  ['E_SENDER_NOT_VERIFIED', 403],
  ['E_SENDER_DOMAIN_NOT_AVAILABLE', 403],
  ['E_DELIVERY_FAILED', 502],
  ['E_INTERNAL_SERVER_ERROR', 500],
]);

function statusOf(code: string): number {
  return STATUS.get(code) ?? (code.startsWith('E_') ? 422 : 500);
}

function mailOf({ body }: Posting): Mail {
  return JSON.parse(body) as Mail;
}

/** Nobody waits for a binding that does not answer. */
async function within<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const stop = () => reject(signal.reason);
  signal.addEventListener('abort', stop);
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** Null for what is no sender. */
export function senderOf(text: string): string | Sender | null {
  if (isAddress(text)) return text;
  const [, name, email = ''] = /^([^<>"\p{Cc}]{1,100}) <([^<>\s]+)>$/u.exec(text) ?? [];
  return name === undefined || !isAddress(email) ? null : { name, email };
}
