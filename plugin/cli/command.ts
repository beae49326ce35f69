// What a command of `gasline` is: its options, what it does with them, and how it ends. Every effect comes in through Io.

export interface Io {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly fetch: typeof fetch;
  readonly now: () => number;
  /** The width of the terminal; null where the output is read by a program or goes to a file. */
  readonly columns: number | null;
  readonly isTTY: boolean;
  /** For a command that goes on until somebody ends it: from its first call on, Ctrl-C aborts this and no longer the program. */
  readonly interruption: () => AbortSignal;
}

export interface Option {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  /** What stands for the value in the help; a text option without one is shown as `<text>`. */
  readonly value?: string;
  /** Null where the command's notes tell it. */
  readonly about: string | null;
}

export type Options = Readonly<Record<string, Option>>;

export type Values<O extends Options> = {
  readonly [K in keyof O]?: O[K]['type'] extends 'boolean' ? boolean : string;
};

/** How a command, or a step of one, ended. A misuse exits with 2, a failure with 1; the problem is one line for people. */
export type Outcome<T = null> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'misused'; readonly problem: string }
  /** With the status where a relay refused. */
  | { readonly kind: 'failed'; readonly problem: string; readonly status?: number };

export type Stopped = Exclude<Outcome<never>, { readonly kind: 'done' }>;

export const DONE: Outcome = { kind: 'done', value: null };

export function done<T>(value: T): Outcome<T> {
  return { kind: 'done', value };
}

export function failed(problem: string): Stopped {
  return { kind: 'failed', problem };
}

export function misused(problem: string): Stopped {
  return { kind: 'misused', problem };
}

export interface Command {
  readonly summary: string;
  /** Lines below the options in the help. */
  readonly notes?: readonly string[];
  readonly options: Options;
  /** Commands of its own, by the word after its name. */
  readonly parts?: Readonly<Record<string, Command>>;
  readonly run: (values: Values<Options>, io: Io) => Promise<Outcome>;
}

/** Keeps the types of a command's own options inside `run`, and lets them go in the table of all commands. */
export function command<const O extends Options>(given: {
  readonly summary: string;
  readonly notes?: readonly string[];
  readonly options: O;
  readonly parts?: Readonly<Record<string, Command>>;
  readonly run: (values: Values<O>, io: Io) => Promise<Outcome>;
}): Command {
  return given as unknown as Command;
}
