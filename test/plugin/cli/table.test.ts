import * as fc from 'fast-check';
import { expect, it } from 'vitest';

import { dollars, grouped } from '../../../plugin/cli/figure.ts';
import { layOut, type Table, wrap } from '../../../plugin/cli/table.ts';
import { plain, width } from '../../../plugin/cli/text.ts';

const name = fc.string({ unit: 'grapheme', maxLength: 60 }).map(plain);
const amount = fc.bigInt({ min: 0n, max: 10n ** 16n }).map(dollars);
const count = fc.nat(2_000_000_000).map(grouped);

const table: fc.Arbitrary<Table> = fc
  .array(fc.tuple(name, name, count, count, count, amount), { minLength: 1, maxLength: 8 })
  .map((rows) => ({
    columns: [
      { heading: 'Member', kind: 'name' },
      { heading: 'Model', kind: 'name' },
      { heading: 'Messages', kind: 'figure', drop: 3 },
      { heading: 'Input', kind: 'figure', drop: 2 },
      { heading: 'Tokens', kind: 'figure', drop: 1 },
      { heading: 'Cost', kind: 'figure' },
    ],
    lines: rows.map((cells) => ({ cells, tone: 'plain' })),
    total: { cells: ['Total', '', '1', '1', '1', '$1.00'], tone: 'bold' },
  }));

it('is never wider than the terminal, and every cost stands in it whole', () => {
  fc.assert(
    fc.property(table, fc.integer({ min: 40, max: 200 }), (table, columns) => {
      const { lines } = layOut(table, columns, (text) => text);
      expect(Math.max(...lines.map(width))).toBeLessThanOrEqual(columns);
      for (const [at, { cells }] of table.lines.entries()) expect(lines[at + 2]?.endsWith(cells[5] ?? '?')).toBe(true);
    }),
  );
});

it('leaves out nothing where there is room for all', () => {
  fc.assert(
    fc.property(table, (table) => {
      const { lines, dropped } = layOut(table, null, (text) => text);
      expect(dropped).toEqual([]);
      for (const [at, { cells }] of table.lines.entries())
        for (const cell of cells) expect(lines[at + 2]).toContain(cell.trimEnd());
    }),
  );
});

it('a note is broken between words', () => {
  expect(wrap('8 messages of acme/m1 have no known price: not in the total.', 40)).toEqual([
    '8 messages of acme/m1 have no known',
    '  price: not in the total.',
  ]);
  expect(wrap('x'.repeat(50), 40)).toEqual([`${'x'.repeat(26)}…${'x'.repeat(13)}`]);
});
