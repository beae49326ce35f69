// Lines in OpenCode's own log, never on the screen, which belongs to the terminal's user interface: that shows what we have to
// say to the member, as it shows its own notices, and shows nothing where there is none.

export type Log = (level: Level, message: string) => void;

type Level = 'info' | 'warn' | 'error';

export interface Screen {
  readonly log: Log;
  readonly show: (message: string) => void;
}

/** Of OpenCode's client, the two calls we make. */
export interface Client {
  readonly app: { log(options: { body: { service: string; level: Level; message: string } }): unknown };
  readonly tui: { showToast(options: { body: { message: string; variant: 'warning' } }): unknown };
}

/** Never awaited and never failing; the same line is logged once, for a relay that is down for a day is one fact. */
export function openScreen(client: Client | undefined): Screen {
  const said = new Set<string>();
  return {
    log(level, message) {
      if (said.has(message) || said.size >= MAX_LINES) return;
      said.add(message);
      quietly(() => client?.app.log({ body: { service: 'gasline', level, message } }));
    },
    show: (message) => quietly(() => client?.tui.showToast({ body: { message, variant: 'warning' } })),
  };
}

const MAX_LINES = 200;

export function quietly(call: () => unknown): void {
  try {
    Promise.resolve(call()).catch(ignore);
  } catch {
    // There is nowhere left to say it.
  }
}

function ignore(): void {}
