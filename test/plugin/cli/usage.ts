// Builders of what GET /v1/usage answers.

export interface Given {
  readonly cost_usd?: string | null;
  readonly list_usd?: string | null;
  readonly discarded_usd?: string;
  readonly late_usd?: string;
  readonly copied_usd?: string;
  readonly messages?: number;
  readonly unpriced_messages?: number;
  readonly unlisted_messages?: number;
  readonly tokens?: number;
  readonly [label: string]: unknown;
}

export function row({ tokens = 1_234_567, cost_usd = '1.5', ...given }: Given) {
  return {
    messages: 12,
    unpriced_messages: 0,
    unlisted_messages: given.unpriced_messages ?? 0,
    tokens: { input: tokens, output: 45_678, reasoning: 90, cache_read: 12_345_678, cache_write: 3_210 },
    cost_usd,
    reported_usd: cost_usd ?? '0',
    list_usd: cost_usd,
    discarded_usd: '0',
    copied_usd: '0',
    late_usd: '0',
    ...given,
  };
}

export function usage(rows: readonly object[], total: Given = {}, given: object = {}) {
  return {
    from: '2026-11-01T00:00:00.000Z',
    to: '2026-12-01T00:00:00.000Z',
    zone: 'UTC',
    group_by: [],
    step: null,
    total: row(total),
    rows,
    ...given,
  };
}

export function day(date: string, given: Given = {}) {
  const from = Date.parse(date);
  return row({ from: new Date(from).toISOString(), to: new Date(from + 86_400_000).toISOString(), ...given });
}
