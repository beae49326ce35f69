// Every number the plugin may reach, with its reason: it runs inside somebody else's tool and must stay small.

/** Two days of a busy agent without a relay (an event is about 400 bytes); a trim of more would be felt (4 MB: 0.1 s). */
export const SPOOL_BYTES = 4 * 1024 * 1024;
/** A trim goes down to this, so that it happens once per megabyte and not once per event. */
export const TRIMMED_BYTES = 3 * 1024 * 1024;
/** All spools of the machine together: what a member would not notice on any disk. */
export const TOTAL_BYTES = 50 * 1024 * 1024;
/** Each `opencode run` without a relay leaves a file; past this many they are merged, as folders get slow to list. */
export const SPOOL_FILES = 200;
/** A state from last week helps nobody. */
export const AGE_MS = 7 * 86_400_000;
/** Money is asked for at the end of the month. */
export const COST_AGE_MS = 35 * 86_400_000;
/** To look for what is too old is to read the whole spool. */
export const TRIM_EVERY_MS = 86_400_000;
/** Events kept in memory while the disk takes none. */
export const MEMORY_EVENTS = 1000;
/** Rejected events are kept for a person to look at; a handful shows what is wrong. */
export const REJECTED_BYTES = 256 * 1024;

/** Below the relay's limits on one request. */
export const BATCH_EVENTS = 150;
export const BATCH_BYTES = 240 * 1024;
/** A turn ends in a burst of events: wait for its end, but not until the process is gone. */
export const GATHER_MS = 250;
export const REQUEST_MS = 10_000;
/** OpenCode's terminal kills its worker 5 s after it asked for dispose; a person feels much less than that. */
export const DISPOSE_MS = 2_500;
/** A request that has hung for a while already will not be answered in this exit. */
export const HUNG_GRACE_MS = 300;
/** A receipt with 150 rejections fits; an endless body does not. */
export const ANSWER_BYTES = 128 * 1024;

export const BACKOFF_MS = 1_000;
export const BACKOFF_MAX_MS = 60_000;
/** A wrong token does not heal by itself: ask seldom. */
export const REFUSED_MS = 60_000;
/** Also the longest that a relay's Retry-After is believed. */
export const REFUSED_MAX_MS = 15 * 60_000;

/** Soon, so that even a run of a few seconds sends what a killed process left behind. */
export const ADOPT_FIRST_MS = 400;
export const ADOPT_EVERY_MS = 60_000;
/** An owner that could not touch its spools for so long stood still. */
export const SUSPENDED_MS = 2 * 60_000;
/** Owners that cannot be asked, as on another machine with the same home folder, touch their spools each minute. */
export const FOREIGN_QUIET_MS = 30 * 60_000;

/** Sessions and messages remembered for the fields that later events lack. */
export const SESSIONS = 1000;
export const MESSAGES = 500;
export const STEPS_PER_MESSAGE = 200;
/** Ids and names are short; longer ones are cut, so that no field can carry a text. */
export const NAME_CHARS = 200;
