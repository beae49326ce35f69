// Answers as CSV for who asks for it, by `format=csv` or by an Accept header; the parameter has the last word.
import type { Context } from 'hono';
import { accepts } from 'hono/accepts';

import type { GroupName } from '../ledger/dimension.ts';
import type { Api } from './context.ts';
import { csvHeader, csvRow, words } from './csv.ts';

export const CSV_TYPE = 'text/csv; charset=utf-8; header=present';

export const TOKEN_COLUMNS = words('tokens.input tokens.output tokens.reasoning tokens.cache_read tokens.cache_write');

export const SESSION_COLUMNS = [
  ...words('id parent title member project.id project.name status created_at last_at messages unpriced_messages'),
  ...TOKEN_COLUMNS,
  ...words('cost_usd inclusive_cost_usd reported_usd list_usd discarded_usd copied_usd'),
  ...words('unlisted_messages subagents inclusive_unpriced_messages'),
];

export function usageColumns(groupBy: readonly GroupName[]): string[] {
  return [
    ...words('from to'),
    ...new Set([
      ...groupBy,
      ...(groupBy.includes('project') ? ['project_name'] : []),
      ...(groupBy.includes('session') ? ['session_title'] : []),
    ]),
    ...words('messages unpriced_messages'),
    ...TOKEN_COLUMNS,
    ...words('cost_usd reported_usd list_usd discarded_usd copied_usd late_usd unlisted_messages'),
  ];
}

export function wantsCsv(c: Context<Api>, format: 'json' | 'csv' | null): boolean {
  c.header('vary', 'Accept');
  if (format !== null) return format === 'csv';
  const type = accepts(c, {
    header: 'Accept',
    supports: ['application/json', 'text/csv'],
    default: 'application/json',
  });
  return type === 'text/csv';
}

export function sendCsv(c: Context<Api>, name: string, columns: readonly string[], rows: readonly object[]): Response {
  nameFile(c, `gasline-${name}.csv`, CSV_TYPE);
  return c.body([csvHeader(columns), ...rows.map((row) => csvRow(columns, row))].join(''));
}

export function nameFile(c: Context<Api>, name: string, type: string): void {
  c.header('content-type', type);
  c.header('content-disposition', `attachment; filename="${name}"`);
}
