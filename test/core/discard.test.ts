import { expect, test } from 'vitest';

import { discardOf } from '../../worker/ledger/discard.ts';

const at = { n: 1, id: 'evt_1', at: 0, session: 'ses_1' };

test('a removal means one message, a deletion all of the session, anything else nothing', () => {
  expect(discardOf({ ...at, type: 'message.removed', data: { message: 'msg_1' } })).toEqual({
    session: 'ses_1',
    message: 'msg_1',
    until: Number.MAX_SAFE_INTEGER,
  });
  expect(discardOf({ ...at, type: 'session.deleted', data: {} })).toEqual({
    session: 'ses_1',
    message: null,
    until: 0,
  });
  expect(discardOf({ ...at, type: 'session.idle', data: {} })).toBeNull();
  expect(discardOf({ ...at, session: null, type: 'session.deleted', data: {} })).toBeNull();
});

test.each([{}, { message: '' }, { message: null }, { message: { id: 'msg_1' } }])(
  'a removal that an older log holds as %j discards nothing',
  (data) => {
    expect(discardOf({ ...at, type: 'message.removed', data })).toBeNull();
  },
);
