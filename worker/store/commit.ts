// Requests that come at nearly the same time share one commit: each has a transaction of its own, but all run in one turn of
// the object, and what a turn writes goes to the disk at once. Their answers wait for that, as they would alone.
export class SharedCommit {
  #waiting: (() => void)[] = [];
  #turnAt = 0;

  /** Runs a change in the next turn; a change that throws fails alone. */
  run<T>(change: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => {
        try {
          resolve(change());
        } catch (error) {
          reject(error);
        }
      });
      // The turn belongs to the request that asked for it: should it be lost with that one, the next asks again.
      if (this.#waiting.length > 1 && Date.now() < this.#turnAt + LOST_MS) return;
      this.#turnAt = Date.now();
      setTimeout(() => this.#runAll(), 0);
    });
  }

  #runAll(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const change of waiting) change();
  }
}

/** No turn is this late while its object lives. */
const LOST_MS = 1_000;
