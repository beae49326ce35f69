import { expect, test } from 'vitest';

import { openPast, type MessageRow } from '../support/past.ts';
import { NOW, read } from './readings.ts';

test.each<[name: string, row: MessageRow, reason: string]>([
  ['no JSON', { data: '{"cost": NaN}' }, 'its data are no JSON'],
  ['nothing at all', { data: null }, 'its data are no JSON'],
  ['a negative cost', { data: { cost: -5 } }, 'its cost is -5'],
  ['a huge cost', { data: { cost: 1e300 } }, 'its cost is 1e+300'],
  [
    'an endless cost',
    { data: '{"role":"assistant","cost":1e999,"time":{"created":1790000000000}}' },
    'its cost is Infinity',
  ],
  ['a cost in words', { data: { cost: '5' } }, 'its cost is no number but string'],
  ['negative tokens', { data: { tokens: { input: -1 } } }, 'its input tokens are -1'],
  ['half a token', { data: { tokens: { output: 0.5 } } }, 'its output tokens are 0.5'],
  [
    'tokens past 2^53',
    {
      data: '{"role":"assistant","cost":1,"tokens":{"input":123456789012345678901234567890},"time":{"created":1790000000000}}',
    },
    'its input tokens are 1.2345678901234568e+29',
  ],
  ['a time before all time', { at: 5 }, 'its time lies before 2024 or in the future'],
  ['a time to come', { at: NOW * 10 }, 'its time lies before 2024 or in the future'],
  ['a time in words', { at: 'yesterday', data: { time: {} } }, 'its time lies before 2024 or in the future'],
])('a row with %s is malformed, and the others are read', async (_, row, reason) => {
  const made = openPast();
  made.session('ses_1');
  made.message('msg_bad', row);
  made.message('msg_good');
  expect(await read(made)).toMatchObject({ msg_bad: reason, msg_good: { kind: 'message' } });
  made.remove();
});
