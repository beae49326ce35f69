import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { csvHeader, csvLine, csvRow } from '../../worker/api/csv.ts';
import { parseCsv } from '../support/csv.ts';

test.each([
  ['plain', 'plain'],
  ['a,b', '"a,b"'],
  ['say "x"', '"say ""x"""'],
  ['two\r\nlines', '"two\r\nlines"'],
  ['', ''],
  ['=1+1', "'=1+1"],
  ['+49', "'+49"],
  ['-cmd', "'-cmd"],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['\tx', "'\tx"],
  ['\rx', '"\'\rx"'],
  ['=a,"b"', `"'=a,""b"""`],
  ['-0.5', '-0.5'],
  ['-12', '-12'],
  ['-1+1', "'-1+1"],
  ['a=b', 'a=b'],
  ['ümlaut 😀', 'ümlaut 😀'],
])('%j is written as %j', (cell, written) => {
  expect(csvLine([cell])).toBe(`${written}\r\n`);
});

test('what is nothing is an empty cell, numbers and truth values are written plainly', () => {
  expect(csvLine([null, -1, 2.5, true, false])).toBe(',-1,2.5,true,false\r\n');
});

test('columns are paths into a row, whatever is missing on the way is empty', () => {
  const columns = ['id', 'project.id', 'tokens.input'];
  expect(csvHeader(columns)).toBe('id,project_id,tokens_input\r\n');
  expect(csvRow(columns, { id: 'a', project: { id: 'p' }, tokens: { input: 1 } })).toBe('a,p,1\r\n');
  expect(csvRow(columns, { id: 'a', project: null, tokens: { input: 0 } })).toBe('a,,0\r\n');
});

test('any table reads back as it was, but for the apostrophes, and no cell begins as a formula', () => {
  const cells = fc.string({
    unit: fc.constantFrom('=', '+', '-', '@', '\t', '\r', '\n', '"', ',', 'a', '1', '.', ' ', 'é'),
  });
  const tables = fc.array(fc.array(cells, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(tables, (table) => {
      const read = parseCsv(table.map((row) => csvLine(row)).join(''));
      const plain = read.map((row) => row.map((cell) => cell.replace(/^'(?=[=+\-@\t\r])/, '')));
      const given = table.map((row) => row.map((cell) => cell.replace(/^'(?=[=+\-@\t\r])/, '')));
      expect(plain).toEqual(given);
      for (const cell of read.flat()) expect(cell).not.toMatch(/^[=+@\t\r]|^-(?!\d+(\.\d+)?$)/);
    }),
  );
});
