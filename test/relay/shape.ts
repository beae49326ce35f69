// Whether the examples of what the relay says are as what it says: by the names of their fields.
import type { Reply, TestTeam } from './harness.ts';
import { readLog } from './oracle.ts';

export type Shapes = ReadonlyMap<string, unknown>;

/** By type, of all that the relay has said to a team. */
export async function shapesSaid(team: TestTeam): Promise<Shapes> {
  const said = (await readLog(team)).filter(({ source }) => source.id === 'gasline:relay');
  const byType = Map.groupBy(said, ({ type }) => type as string);
  return new Map([...byType].map(([type, all]) => [type, shapeOf(...all.map(({ data }) => data))]));
}

export async function shapesOfExamples(team: TestTeam, types: readonly string[]): Promise<Shapes> {
  const { body } = await team.call('GET', '/v1/event-types');
  const examples = new Map<string, unknown>(body.types.map(({ type, example }: Reply['body']) => [type, example.data]));
  return new Map(types.map((type) => [type, shapeOf(examples.get(type))]));
}

/** The names of the fields that values of one kind have, and of what is in them. */
function shapeOf(...values: readonly unknown[]): unknown {
  if (values.some(Array.isArray)) return values.flat().length === 0 ? [] : [shapeOf(...values.flat())];
  const objects = values.filter((value) => typeof value === 'object' && value !== null);
  if (objects.length === 0) return 'a value';
  const fields = Map.groupBy(
    objects.flatMap((value) => Object.entries(value)),
    ([name]) => name,
  );
  return Object.fromEntries([...fields].map(([name, pairs]) => [name, shapeOf(...pairs.map(([, inner]) => inner))]));
}
