// How many messages a token has sent today, by the days of UTC.
import type { Database } from './database.ts';

const DAY_MS = 24 * 3_600_000;

export function sentToday({ sql }: Database, token: string, now: number): number {
  const [row] = sql.exec<{ sent: number }>(
    /* sql */ `SELECT sent FROM mail_quota WHERE token = ? AND day = ?`,
    token,
    dayOf(now),
  );
  return row?.sent ?? 0;
}

export function countSent({ sql }: Database, token: string, now: number): void {
  sql.exec(
    /* sql */ `INSERT INTO mail_quota (token, day, sent) VALUES (?, ?, 1)
               ON CONFLICT (token, day) DO UPDATE SET sent = sent + 1`,
    token,
    dayOf(now),
  );
}

export function dropQuotas({ sql }: Database, now: number): void {
  sql.exec(/* sql */ `DELETE FROM mail_quota WHERE day < ?`, dayOf(now));
}

export function untilTomorrow(now: number): number {
  return (dayOf(now) + 1) * DAY_MS - now;
}

function dayOf(now: number): number {
  return Math.floor(now / DAY_MS);
}
