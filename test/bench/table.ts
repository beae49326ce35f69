// A part's figures as a markdown table, the goals beside them.
export interface Section {
  readonly title: string;
  /** What was compared with what. */
  readonly note: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export function markdown({ title, note, columns, rows }: Section): string {
  const all = [columns, ...rows];
  const widths = columns.map((_, index) => Math.max(3, ...all.map((row) => (row[index] ?? '').length)));
  const line = (cells: readonly string[]) =>
    `| ${widths.map((w, index) => (cells[index] ?? '').padEnd(w)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [`## ${title}`, '', note, '', line(columns), rule, ...rows.map(line), ''].join('\n');
}

/** A goal and whether a figure keeps to it: `atLeast(0.75, ratio, percent)` is "≥ 75 %: met". */
export function atLeast(goal: number, figure: number, show: (value: number) => string): string {
  return `≥ ${show(goal)}: ${figure >= goal ? 'met' : 'NOT MET'}`;
}

export function atMost(goal: number, figure: number, show: (value: number) => string): string {
  return `≤ ${show(goal)}: ${figure <= goal ? 'met' : 'NOT MET'}`;
}

export function percent(ratio: number): string {
  return `${Math.round(ratio * 100)} %`;
}

export function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

export function ms(value: number): string {
  return `${value.toFixed(value < 10 ? 2 : 0)} ms`;
}

export function kilobytes(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KB`;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}
