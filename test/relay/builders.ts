// Builders of batches with defaults, so that a test names what it is about and nothing else.
import type { AssistantMessage, Batch, EventData, EventType, Source, SourceEvent } from '../../plugin/contract.ts';

export function source(given: Partial<Source> = {}): Source {
  return {
    id: 'src_1',
    plugin_version: '0.1.0',
    opencode_version: '1.18.33',
    host: 'laptop',
    member: 'ann@example.com',
    project: { id: 'f00d', name: 'example.com/acme/app' },
    branch: 'main',
    town: null,
    ...given,
  };
}

export function event<T extends EventType>(
  seq: number,
  type: T,
  data: EventData[T],
  given: Partial<SourceEvent> = {},
): SourceEvent {
  const time = new Date(Date.UTC(2026, 10, 20, 9, 0, 0) + seq * 1_000).toISOString();
  return { seq, id: `evt_${seq}`, type, time, session: 'ses_1', data, ...given } as SourceEvent;
}

export function idle(seq: number, given: Partial<SourceEvent> = {}): SourceEvent {
  return event(seq, 'session.idle', {}, given);
}

export function message(
  seq: number,
  data: Partial<AssistantMessage> = {},
  given: Partial<SourceEvent> = {},
): SourceEvent {
  const full: AssistantMessage = {
    message: `msg_${seq}`,
    kind: 'chat',
    provider: 'anthropic',
    model: 'claude-opus-4-6',
    variant: null,
    agent: 'build',
    created_at: '2026-11-20T09:00:00.000Z',
    completed_at: '2026-11-20T09:00:05.000Z',
    cost_usd: '0.00396',
    tokens: { input: 800, output: 100, reasoning: 0, cache_read: 200, cache_write: 0 },
    copied: false,
    error: null,
    ...data,
  };
  return event(seq, 'message.updated', full, given);
}

export function batch(events: readonly SourceEvent[], given: Partial<Batch> = {}): Batch {
  return { version: 1, source: source(), sent_at: new Date().toISOString(), backlog: 0, events, ...given };
}
