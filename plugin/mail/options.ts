// What the member's settings say of mail and of the tools.

import { isGiven, isWord, parseSwitch, quote } from '../configure.ts';
import type { Fields } from '../field.ts';

export const TOOLS = ['relay_mail_send', 'relay_mail_inbox', 'relay_mail_read', 'relay_costs'] as const;
export type ToolName = (typeof TOOLS)[number];

export interface Options {
  readonly mail: boolean;
  readonly tools: readonly ToolName[];
  /** An ingest token cannot ask what was spent, nor follow the stream. */
  readonly readToken: string | null;
  /** Null where nobody asked for the stream. */
  readonly streamToken: string | null;
  readonly warnings: readonly string[];
}

export function readOptions({ mail, tools, live, read_token: token }: Fields): Options {
  const warnings: string[] = [];
  const isMail = parseSwitch(mail ?? true);
  if (isMail === null) warnings.push(`option mail must be true or false, got ${quote(mail)}`);
  const isLive = parseSwitch(live);
  if (isLive === null) warnings.push(`option live must be true or false, got ${quote(live)}`);
  const isToken = isWord(token);
  if (isGiven(token) && !isToken) warnings.push('option read_token must be one word');
  if (isLive === true && !isToken) warnings.push('option live needs read_token');
  const named = namesOf(tools);
  for (const name of named) {
    if (!TOOLS.some((tool) => tool === name))
      warnings.push(`option tools names ${quote(name)}, which is no tool of ours`);
  }
  const wanted = TOOLS.filter((tool) => named.includes(tool) && (isToken || tool !== 'relay_costs'));
  const readToken = isToken ? token : null;
  return { mail: isMail ?? true, tools: wanted, readToken, streamToken: isLive === true ? readToken : null, warnings };
}

/** A switch for all of them, or those that are wanted: a list, in the environment with commas. */
function namesOf(tools: unknown): readonly unknown[] {
  if (Array.isArray(tools)) return tools;
  const all = parseSwitch(tools ?? true);
  if (all !== null) return all ? TOOLS : [];
  return typeof tools === 'string' ? tools.split(',').map((name) => name.trim()) : [tools];
}
