// Which methods a path takes. The router alone would call a wrong method a wrong path, and leave its caller to guess.
interface Route {
  readonly method: string;
  /** A path whose `:name` parts stand for any one part. */
  readonly path: string;
}

/** What hono calls the method of a middleware, which is no route to anything. */
const EVERY = 'ALL';

/** Sorted, for the Allow header that a 405 must carry (RFC 9110, 15.5.6); empty where no route has the path. */
export function methodsOf(path: string, routes: readonly Route[]): readonly string[] {
  const own = routes.filter((route) => route.method !== EVERY && isAt(route.path, path));
  const methods = new Set(own.map(({ method }) => method));
  // What answers GET answers HEAD.
  if (methods.has('GET')) methods.add('HEAD');
  return [...methods].toSorted();
}

function isAt(pattern: string, path: string): boolean {
  const [wanted, given] = [pattern.split('/'), path.split('/')];
  return wanted.length === given.length && wanted.every((part, at) => part === given[at] || isName(part, given[at]));
}

function isName(part: string, given: string | undefined): boolean {
  return part.startsWith(':') && given !== undefined && given !== '';
}
