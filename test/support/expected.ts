// Which of OpenCode's events must be in the log: an independent reading of the contract, from the raw events alone. An event
// keeps OpenCode's id, so the answer is a set of ids.

import type { RawEvent } from './tracer.ts';

const always = new Set([
  'session.created',
  'session.deleted',
  'session.updated',
  'session.compacted',
  'session.error',
  'permission.asked',
  'permission.replied',
  'question.asked',
  'todo.updated',
  'message.removed',
]);

/** Each id with the type it is stored under. */
export function expectedEvents(raw: readonly RawEvent[]): Map<string, string> {
  const expected = new Map<string, string>();
  /** Sessions within a turn, and those of them whose last word was busy. */
  const inTurn = new Set<string>();
  const saidBusy = new Set<string>();
  const reverts = new Map<string, string>();

  for (const { id, type, pid, properties } of raw) {
    const { info, status } = properties;
    // A turn belongs to one process: nobody sees the end of the turn of a process that was killed.
    const session = `${pid} ${properties.sessionID}`;
    if (type === 'session.updated' && isNewRevert(session)) expected.set(id, 'session.reverted');
    else if (always.has(type)) expected.set(id, type);
    else if (type === 'session.status' && status?.type === 'retry') expected.set(id, type);
    else if (type === 'session.status' && status?.type === 'busy') {
      if (!saidBusy.has(session)) expected.set(id, type);
    } else if (type === 'session.idle') {
      if (inTurn.delete(session)) expected.set(id, type);
    } else if (type === 'message.updated' && info?.role === 'assistant') {
      const worthStoring = info.time.completed !== undefined || (info.cost ?? 0) > 0 || info.error !== undefined;
      if (worthStoring) expected.set(id, type);
    }

    // A retry or a question is a wait, which the next busy ends.
    const isWait = status?.type === 'retry' || type === 'question.asked';
    if (isWait || type === 'session.idle') saidBusy.delete(session);
    if (status?.type === 'busy') saidBusy.add(session);
    if (isWait || status?.type === 'busy') inTurn.add(session);

    function isNewRevert(key: string): boolean {
      const revert = info?.revert === undefined ? '' : `${info.revert.messageID} ${info.revert.partID ?? ''}`;
      const isNew = revert !== '' && reverts.get(key) !== revert;
      reverts.set(key, revert);
      return isNew;
    }
  }
  return expected;
}
