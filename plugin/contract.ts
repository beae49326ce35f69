// What the two sides say to each other: the plugin posts a Batch to POST /v1/events, the relay answers with a Receipt.
// Types alone. The plugin builds these, the Worker parses them (it trusts nobody), and a field that one side forgets fails
// to compile. Names on the wire are snake_case, times are ISO 8601 in UTC, money is a decimal string in US dollars.

/** Raised when a relay of the old version could not read a batch of the new one. */
export const CONTRACT_VERSION = 1;

export interface Batch {
  readonly version: typeof CONTRACT_VERSION;
  readonly source: Source;
  /** The sender's clock when it sent the batch; the relay shows its distance from its own as the source's clock skew. */
  readonly sent_at: string;
  /** Events that the source still holds behind this batch. */
  readonly backlog: number;
  readonly events: readonly SourceEvent[];
}

/** One running producer. All of it is metadata of the process, none of it content. */
export interface Source {
  /** Stable for the life of the spool, also when another process sends what this one left behind. */
  readonly id: string;
  readonly plugin_version: string;
  readonly opencode_version: string | null;
  readonly host: string;
  /** Who the work is charged to: an e-mail address or a login name. */
  readonly member: string;
  readonly project: Project | null;
  readonly branch: string | null;
  readonly town: TownTags | null;
  /** What it sends was read from OpenCode's history, long after it happened: whatever was heard live stands before it. */
  readonly backfill?: boolean;
}

export interface Project {
  /** The repository's root commit: the same in every clone, worktree and machine. */
  readonly id: string;
  /** For people: `host/owner/name` of the origin without credentials, or the folder's name. */
  readonly name: string;
}

/** What Gas Town's environment says about the agent; null where it does not say. */
export interface TownTags {
  readonly town: string | null;
  readonly role: string | null;
  readonly rig: string | null;
  readonly worker: string | null;
  readonly bead: string | null;
}

/** One lifecycle fact as a source reports it. Types that `EventData` does not list pass through with any object as data. */
export type SourceEvent = { readonly [T in EventType]: SourceEventOf<T> }[EventType];

export interface SourceEventOf<T extends EventType> {
  /** Counts the source's events 1, 2, 3 … without holes; a hole that stays is a lost event and is shown as one. */
  readonly seq: number;
  /** OpenCode's own `evt_…` where there is one. */
  readonly id: string;
  readonly type: T;
  readonly time: string;
  readonly session: string | null;
  readonly data: EventData[T];
}

export type EventType = keyof EventData;

export interface EventData {
  'session.created': SessionInfo;
  'session.updated': SessionInfo;
  'session.reverted': SessionInfo & { readonly message: string };
  'session.deleted': SessionInfo;
  /** For how long it worked, where the relay knows: no source says so. */
  'session.idle': { readonly worked_s?: number };
  'session.compacted': Record<string, never>;
  'session.status':
    | { readonly status: 'busy' }
    | { readonly status: 'retry'; readonly attempt: number; readonly next_at: string | null };
  'session.error': { readonly error: ErrorInfo };
  'message.updated': AssistantMessage;
  /** The message was reverted for good: it is gone from OpenCode, but it was paid for. */
  'message.removed': { readonly message: string };
  'permission.asked': { readonly request: string; readonly permission: string };
  'permission.replied': { readonly request: string; readonly reply: string };
  'question.asked': { readonly request: string; readonly questions: number };
  'todo.updated': {
    readonly pending: number;
    readonly in_progress: number;
    readonly completed: number;
    readonly cancelled: number;
  };
  /**
   * The spool was too large, these were too old, or all files of ended processes were too large together: they were never sent, and
   * their sequence numbers stay behind as a gap.
   */
  'spool.dropped': {
    readonly reason: 'size' | 'age' | 'files';
    readonly events: number;
    readonly first_seq: number;
    readonly last_seq: number;
  };
}

export interface SessionInfo {
  /** The session that started this one as its sub-agent. */
  readonly parent: string | null;
  readonly created_at: string;
  /** Null unless the member asked for titles to be sent. */
  readonly title: string | null;
}

/** The name is OpenCode's own (`APIError`, `MessageAbortedError` …); the provider's text never leaves the machine. */
export interface ErrorInfo {
  readonly name: string;
  readonly status: number | null;
}

export interface AssistantMessage {
  readonly message: string;
  readonly kind: 'chat' | 'compaction' | 'subagent';
  readonly provider: string;
  readonly model: string;
  readonly variant: string | null;
  readonly agent: string | null;
  readonly created_at: string;
  /** Null while the message is unfinished: what its finished steps cost is already known and charged. */
  readonly completed_at: string | null;
  /** What OpenCode says the message cost so far: a decimal string in US dollars, at most 9 places. */
  readonly cost_usd: string;
  readonly tokens: Tokens;
  /** True for a message that a fork copied from another session: it was paid for there. */
  readonly copied: boolean;
  readonly error: ErrorInfo | null;
}

/** Disjoint counts, summed over the message's steps: input excludes the cache, output excludes reasoning. */
export interface Tokens {
  readonly input: number;
  readonly output: number;
  readonly reasoning: number;
  readonly cache_read: number;
  readonly cache_write: number;
}

/** 202: all of the batch that is not listed as rejected is stored, now or before. */
export interface Receipt {
  readonly accepted: number;
  /** Events that an earlier batch had brought already. */
  readonly duplicates: number;
  readonly rejected: readonly Rejection[];
  /** Budgets that the source's spend is under and that are used up; left out where there are none. */
  readonly budgets?: readonly BudgetAlert[];
  /** Mail that nobody has yet: of the source's own addresses and of the sessions in the batch; left out where there is none. */
  readonly mail?: MailWaiting;
}

export interface MailWaiting {
  readonly unread: number;
  readonly urgent: number;
}

export interface BudgetAlert {
  readonly id: string;
  readonly name: string;
  /** A member is stopped only where the member's own settings allow it. */
  readonly action: 'warn' | 'stop';
  readonly scope: { readonly by: string; readonly value: string } | null;
  readonly percent: number;
  /** The end of the budget's period, with which this ends too. */
  readonly until: string;
  /** For the screen. */
  readonly message: string;
}

export interface Rejection {
  /** Position in the batch's `events`. */
  readonly index: number;
  /** What was got and what to do. */
  readonly detail: string;
}
