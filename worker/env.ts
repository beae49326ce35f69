// What the platform gives the Worker.
import type { MailSettings } from './delivery/mail.ts';
import type { Directory } from './directory.ts';
import type * as main from './index.ts';
import { MAX_USD, USUAL_MAX_USD } from './ledger/money.ts';
import type { Team } from './team.ts';

export interface Env extends MailSettings {
  readonly TEAM: DurableObjectNamespace<Team>;
  readonly DIRECTORY: DurableObjectNamespace<Directory>;
  readonly RATE_LIMIT: RateLimit;
  /** Signs tokens and seals the endpoints' secrets. Whoever has it can make a token of any team. */
  readonly OPERATOR_SECRET: string;
  /** The bearer credential that makes teams. */
  readonly ROOT_TOKEN: string;
  /** Where old log rows go; a relay without it keeps its log for ever. */
  readonly ARCHIVE?: R2Bucket;
  /** What a message may cost in dollars (default 1000, at most 5000): more is refused as a mistake. */
  readonly MAX_MESSAGE_USD?: string;
  /** "true" lets endpoints be http and private: for a relay that its operator alone uses. */
  readonly ALLOW_PRIVATE_ENDPOINTS?: string;
}

declare global {
  namespace Cloudflare {
    /** Types `ctx.exports`, by which the parts of the Worker reach each other. */
    interface GlobalProps {
      mainModule: typeof main;
    }
  }
}

/** What the operator set, within what sums are exact for. */
export function maxUsdOf({ MAX_MESSAGE_USD }: Env): number {
  const set = Number(MAX_MESSAGE_USD);
  return set > 0 ? Math.min(set, MAX_USD) : USUAL_MAX_USD;
}
