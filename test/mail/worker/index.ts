// A Worker that mails what it is posted, by whatever it is bound to.
import { mailBy, type MailSettings } from '../../../worker/delivery/mail.ts';

export default {
  async fetch(request: Request, settings: MailSettings): Promise<Response> {
    const carry = mailBy(settings, fetch);
    if (carry === null) return new Response('nothing to mail by', { status: 500 });
    return carry('mailto:', { headers: {}, body: await request.text(), signal: AbortSignal.timeout(10_000) });
  },
};
