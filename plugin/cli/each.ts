// Many questions to the relay, a few at once.

import { done, type Outcome } from './command.ts';

/** A team's relay allows thousands of requests a minute; a few at once are quick enough. */
const AT_ONCE = 6;

/** The answers in the order of the questions, or the first failure: then no more are asked. */
export async function eachOf<T, A>(
  questions: readonly T[],
  ask: (question: T) => Promise<Outcome<A>>,
): Promise<Outcome<readonly A[]>> {
  const answers: A[] = [];
  for (let start = 0; start < questions.length; start += AT_ONCE) {
    for (const answer of await Promise.all(questions.slice(start, start + AT_ONCE).map(ask))) {
      if (answer.kind !== 'done') return answer;
      answers.push(answer.value);
    }
  }
  return done(answers);
}
