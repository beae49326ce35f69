// Lines in OpenCode's own log, never on the screen, which belongs to the terminal's user interface.

export type Log = (level: Level, message: string) => void;

type Level = 'info' | 'warn' | 'error';

/** Of OpenCode's client, the one call we make. */
export interface LogClient {
  readonly app: { log(options: { body: { service: string; level: Level; message: string } }): unknown };
}

/** Never awaited and never failing; the same line is said once, for a relay that is down for a day is one fact. */
export function openLog(client: LogClient | undefined): Log {
  const said = new Set<string>();
  return (level, message) => {
    if (said.has(message) || said.size >= MAX_LINES) return;
    said.add(message);
    try {
      Promise.resolve(client?.app.log({ body: { service: 'gasline', level, message } })).catch(ignore);
    } catch {
      // There is nowhere left to say it.
    }
  };
}

const MAX_LINES = 200;

function ignore(): void {}
