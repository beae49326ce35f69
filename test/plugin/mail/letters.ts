// Builders for mail and what OpenCode says around it.

import type { Letter } from '../../../plugin/mail/letter.ts';
import type { Told } from '../../../plugin/mail/part.ts';

export function letter(id: string, changes: Partial<Letter> = {}): Letter {
  return {
    id,
    from: 'app/witness',
    to: 'app/toast',
    subject: `about ${id}`,
    body: 'hello',
    priority: 'normal',
    type: 'notification',
    at: '2026-11-23T09:00:00.000Z',
    addresses: ['app/toast'],
    ...changes,
  };
}

export function told(id: string, role: 'user' | 'assistant', ...texts: readonly string[]): Told {
  const parts = texts.map((text) => ({ id: `prt_${text}`, sessionID: 's1', messageID: id, type: 'text', text }));
  return { info: { id, role, sessionID: 's1' }, parts } as unknown as Told;
}

/** The same messages, so that what is put into one request is in no other. */
export function history(...messages: readonly Told[]): Told[] {
  return messages.map(({ info, parts }) => ({ info, parts: [...parts] }));
}
