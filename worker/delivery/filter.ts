// Which events an endpoint wants: patterns over the type, `*` for all, `session.*` for a family.
const PATTERN = /^(\*|[a-z0-9_]+(\.[a-z0-9_]+)*(\.\*)?)$/i;

export function isPattern(text: string): boolean {
  return PATTERN.test(text);
}

export function wants(patterns: readonly string[], type: string): boolean {
  return patterns.some((pattern) => {
    if (pattern === '*' || pattern === type) return true;
    return pattern.endsWith('.*') && type.startsWith(pattern.slice(0, -1));
  });
}
