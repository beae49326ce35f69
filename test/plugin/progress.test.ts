import { expect, test } from 'vitest';

import { openReport } from '../../plugin/cli/backfill/report.ts';

test('the progress is one line on a terminal, and elsewhere a line each ten seconds', () => {
  let now = 0;
  const written = { terminal: '', file: '' };
  const clock = (): number => now;
  const terminal = openReport(2_000, {
    write: (text) => void (written.terminal += text),
    isTerminal: true,
    now: clock,
  });
  const file = openReport(2_000, { write: (text) => void (written.file += text), isTerminal: false, now: clock });
  for (const rows of [500, 1_000, 1_500]) {
    now += 4_000;
    terminal.at(rows);
    file.at(rows);
  }
  terminal.say('a word');
  terminal.end();
  expect(written.terminal.split('\r\u001B[2K')).toEqual([
    '',
    '25 % · 500 of 2,000 rows · 125 a second',
    '50 % · 1,000 of 2,000 rows · 125 a second',
    '75 % · 1,500 of 2,000 rows · 125 a second',
    'a word\n',
  ]);
  expect(written.file).toBe('75 % · 1,500 of 2,000 rows · 125 a second\n');
});
