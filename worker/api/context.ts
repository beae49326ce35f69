// What a request carries from the front door to its handler.
import type { Credential } from '../access/token.ts';
import type { Env } from '../env.ts';

export interface Api {
  Bindings: Env;
  Variables: { credential: Credential };
}
