// What the tests of a file stand on, by vitest's hooks: made once for all of them, or anew for each, and ended after them.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';

import { startTestRelay, type TestRelay, type TestTeam } from './harness.ts';
import { relayProcess, type RelayProcess } from './process.ts';
import { startReceiver, type Receiver } from './receiver.ts';

/** In their order, and ended the other way round. */
export function useOnce<T extends object>(make: () => Promise<T>, end?: (made: T) => unknown): T {
  return using(beforeAll, afterAll, make, end);
}

export function useEach<T extends object>(make: () => Promise<T>, end?: (made: T) => unknown): T {
  return using(beforeEach, afterEach, make, end);
}

export function useRelay(...options: Parameters<typeof startTestRelay>): TestRelay {
  return useOnce(
    () => startTestRelay(...options),
    (relay) => relay.close(),
  );
}

/** On a folder of its own; started by the test itself. */
export function useRelayProcess(): RelayProcess {
  const dataDir = mkdtempSync(join(tmpdir(), 'gasline-process-'));
  return useOnce(
    () => relayProcess(dataDir),
    (relay) => {
      relay.end();
      rmSync(dataDir, { recursive: true, force: true });
    },
  );
}

/** Of each test its own. */
export function useTeam(relay: TestRelay): TestTeam {
  return useEach(() => relay.team());
}

/** Of each test its own. */
export function useReceiver(...script: Parameters<typeof startReceiver>): Receiver {
  return useEach(
    () => startReceiver(...script),
    (receiver) => receiver.close(),
  );
}

/** Stands for what is there while a test runs. */
function using<T extends object>(
  before: (hook: () => Promise<void>) => void,
  after: (hook: () => Promise<void>) => void,
  make: () => Promise<T>,
  end?: (made: T) => unknown,
): T {
  let made: T | null = null;
  before(async () => {
    made = await make();
  });
  after(async () => {
    if (made !== null) await end?.(made);
    made = null;
  });
  return new Proxy({} as T, {
    get(_, name) {
      if (made === null) throw new Error(`${String(name)} is asked for outside of a test`);
      return Reflect.get(made, name) as unknown;
    },
  });
}
