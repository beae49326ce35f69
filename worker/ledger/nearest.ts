// Which of many names somebody may have meant.

const SHOWN = 3;

/** Those that take the fewest changes of a letter to come to, the nearest first. */
export function nearest(meant: string, names: readonly string[]): string[] {
  const away = names.map((name) => [name, distance(meant, name)] as const);
  return away
    .toSorted(([a, near], [b, far]) => near - far || a.localeCompare(b))
    .slice(0, SHOWN)
    .map(([name]) => name);
}

/** Levenshtein's, one row of his table at a time. */
function distance(from: string, to: string): number {
  let above = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 0; row < from.length; row += 1) {
    const line = [row + 1];
    for (let column = 0; column < to.length; column += 1) {
      const changed = (above[column] ?? 0) + (from[row] === to[column] ? 0 : 1);
      line.push(Math.min(changed, (above[column + 1] ?? 0) + 1, (line[column] ?? 0) + 1));
    }
    above = line;
  }
  return above[to.length] ?? 0;
}
