// Mail as a test sees it: how often a text is in what the model was asked, and where a message stands.

import type { Call, FakeModel } from './fake-model.ts';
import { MEMBER } from './project.ts';
import type { Team } from './team.ts';

export const HERE = `member:${MEMBER}`;

/** The requests of turns since a number of calls, each by how often its messages hold a text. */
export function holding({ calls }: FakeModel, words: string, since = 0): number[] {
  return turns(calls.slice(since)).map(({ request }) => JSON.stringify(request.messages).split(words).length - 1);
}

/** Without what OpenCode asks for beside them. */
export function turns(calls: readonly Call[]): Call[] {
  return calls.filter(({ kind }) => kind === 'chat');
}

export async function stateOf(team: Team, id: string): Promise<string | undefined> {
  return (await team.mail(id)).recipients[0]?.state;
}
