// Reads CSV as RFC 4180 has it, strictly: each line ends in CRLF, a quote stands only where a cell is quoted.
export function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (let at = 0; at < text.length;) {
    let cell = '';
    if (text[at] === '"') {
      for (at += 1; ; at += 1) {
        if (at >= text.length) throw new Error('a quoted cell does not end');
        if (text[at] === '"' && text[at + 1] !== '"') break;
        if (text[at] === '"') at += 1;
        cell += text[at];
      }
      at += 1;
    } else {
      const [plain = ''] = /^[^",\r\n]*/.exec(text.slice(at, at + 10_000)) ?? [];
      cell = plain;
      at += plain.length;
    }
    row.push(cell);
    if (text[at] === ',') at += 1;
    else if (text.startsWith('\r\n', at)) {
      rows.push(row);
      row = [];
      at += 2;
    } else throw new Error(`neither a comma nor the end of a line at ${at}`);
    // A comma before the end of a line has an empty cell behind it.
    if (text[at - 1] === ',' && text.startsWith('\r\n', at)) continue;
  }
  return rows;
}

/** The rows as objects by the names in the first. */
export function readTable(text: string): Record<string, string>[] {
  const [names = [], ...rows] = parseCsv(text);
  return rows.map((row) => {
    if (row.length !== names.length) throw new Error(`a row of ${row.length} cells under ${names.length} names`);
    return Object.fromEntries(names.map((name, at) => [name, row[at] ?? '']));
  });
}
