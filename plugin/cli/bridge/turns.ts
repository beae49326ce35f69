// One at a time, in the order in which they were asked for.

type Act<A extends unknown[], R> = (...given: A) => Promise<R>;

export function turns(): <A extends unknown[], R>(act: Act<A, R>) => Act<A, R> {
  let last: Promise<unknown> = Promise.resolve();
  return (act) =>
    (...given) => {
      const next = last.then(() => act(...given));
      // How it ends is told to whoever asked for it.
      last = next.catch(() => undefined);
      return next;
    };
}
