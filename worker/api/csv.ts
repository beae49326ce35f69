// CSV as RFC 4180 has it: lines end in CRLF, a cell with a comma, a quote or a line's end is quoted, a quote in it doubled.
// What other people wrote must not run in a spreadsheet: a cell that it would take for a formula gets an apostrophe before it.
export type Cell = string | number | boolean | null;

export function csvLine(cells: readonly Cell[]): string {
  return `${cells.map(cellText).join(',')}\r\n`;
}

function cellText(cell: Cell): string {
  if (cell === null) return '';
  const text = typeof cell === 'string' ? guarded(cell) : String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const FORMULA = /^[=+\-@\t\r]/;
/** A plain number is no formula, whatever its sign, and would be none with an apostrophe. */
const NUMBER = /^-?\d+(\.\d+)?$/;

function guarded(text: string): string {
  return FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text;
}

export function words(text: string): string[] {
  return text.split(' ');
}

/** Columns are paths into an object, `project.id`, and are called by them with an underscore, `project_id`. */
export function csvHeader(columns: readonly string[]): string {
  return csvLine(columns.map((column) => column.replaceAll('.', '_')));
}

export function csvRow(columns: readonly string[], row: object): string {
  return csvLine(columns.map((column) => cellAt(row, column.split('.'))));
}

function cellAt(value: unknown, [name, ...rest]: readonly string[]): Cell {
  if (name !== undefined) {
    const inner = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : null;
    return cellAt(inner, rest);
  }
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
}
