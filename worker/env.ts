// What the platform gives the Worker.
import type { Directory } from './directory.ts';
import type * as main from './index.ts';
import type { Team } from './team.ts';

export interface Env {
  readonly TEAM: DurableObjectNamespace<Team>;
  readonly DIRECTORY: DurableObjectNamespace<Directory>;
  readonly RATE_LIMIT: RateLimit;
  /** Signs tokens and seals the endpoints' secrets. Whoever has it can make a token of any team. */
  readonly OPERATOR_SECRET: string;
  /** The bearer credential that makes teams. */
  readonly ROOT_TOKEN: string;
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
