import { afterEach, beforeEach, expect, test } from 'vitest';

import { openPast, START, TOKENS, type Past } from '../support/past.ts';
import { reconcileWith, told } from './reconciled.ts';

const DAY_MS = 86_400_000;

let past: Past;
beforeEach(() => {
  past = openPast();
});
afterEach(() => past.remove());

test('a ledger that has what the database has needs no explanation', async () => {
  past.session('ses_1', { cost: 3 });
  for (const n of [1, 2]) past.message(`msg_${n}`, { data: { cost: n } });
  const entries = [1, 2].map((n) => ({ message: `msg_${n}`, cost_usd: String(n) }));
  expect(await told(past, { ses_1: { entries } })).toEqual({
    figures: expect.objectContaining({ team_usd: '3', machine_usd: '3', other_machines_usd: '0' }),
    'opencode stats': { usd: '3' },
    ccusage: { usd: '3' },
    tokscale: { usd: '3' },
  });
});

test('copies are in all figures but those of the ledger and, where the original is there, of tokscale', async () => {
  past.session('ses_1', { cost: 1 });
  past.session('ses_fork', { at: START + DAY_MS, cost: 3 });
  past.message('msg_1', { data: { cost: 1 } });
  past.message('msg_copy', { session: 'ses_fork', data: { cost: 1 } });
  past.message('msg_orphan', { session: 'ses_fork', at: START - 1, data: { cost: 2 } });
  expect(await told(past, { ses_1: { entries: [{ message: 'msg_1', cost_usd: '1' }] }, ses_fork: {} })).toMatchObject({
    'opencode stats': { usd: '4', 'fork-copies': '3' },
    ccusage: { usd: '4', 'fork-copies': '3' },
    tokscale: { usd: '3', 'fork-copies': '2' },
  });
});

test('what is gone from the database was reverted, deleted here, or is of another machine', async () => {
  past.session('ses_1', { cost: 1 });
  past.message('msg_1', { data: { cost: 1 } });
  const entries = [
    { message: 'msg_1', cost_usd: '1' },
    { message: 'msg_reverted', cost_usd: '2', state: 'discarded' },
    { message: 'msg_vanished', cost_usd: '4' },
  ];
  const sessions = {
    ses_1: { entries },
    ses_deleted: { entries: [{ message: 'msg_3', cost_usd: '8' }], status: 'deleted' },
    ses_deleted_elsewhere: { entries: [{ message: 'msg_4', cost_usd: '16', host: 'another' }], status: 'deleted' },
    ses_elsewhere: { cost_usd: '32', parent: 'ses_1' },
  };
  const all = await told(past, sessions);
  expect(all).toMatchObject({
    figures: { team_usd: '63', machine_usd: '15', other_machines_usd: '48', subagents_usd: '0' },
    ccusage: { usd: '1', reverted: '-2', gone: '-4', deleted: '-8' },
  });
});

test('in a session of several machines each has its own work', async () => {
  past.session('ses_1', { cost: 0.1 });
  past.message('msg_1', { data: { cost: 0.1 } });
  const entries = [
    { message: 'msg_1', cost_usd: '0.1' },
    { message: 'msg_there', cost_usd: '7', host: 'desktop' },
    { message: 'msg_unpriced_there', cost_usd: '0', basis: 'unpriced', host: 'desktop' },
  ];
  const deleted = [
    { message: 'msg_2', cost_usd: '0.5' },
    { message: 'msg_3', cost_usd: '2', host: 'desktop' },
  ];
  const sessions = { ses_1: { entries }, ses_deleted: { entries: deleted, status: 'deleted', parent: 'ses_1' } };
  expect(await told(past, sessions)).toEqual({
    figures: expect.objectContaining({
      team_usd: '9.6',
      machine_usd: '0.6',
      other_machines_usd: '9',
      subagents_usd: '0.5',
      unpriced_messages: 0,
    }),
    'opencode stats': { usd: '0.1', deleted: '-0.5' },
    ccusage: { usd: '0.1', deleted: '-0.5' },
    tokscale: { usd: '0.1', deleted: '-0.5' },
  });
});

test("what was imported from another machine is in this one's database, and charged there", async () => {
  past.session('ses_1', { cost: 7 });
  past.message('msg_there', { data: { cost: 7 } });
  past.message('msg_list', { data: { cost: 0 } });
  past.message('msg_new', { at: START + 20, data: { cost: 1 } });
  const entries = [
    { message: 'msg_there', cost_usd: '7', host: 'desktop', at: START },
    { message: 'msg_list', cost_usd: '0.5', list_usd: '0.5', basis: 'list', host: 'desktop' },
  ];
  expect(await told(past, { ses_1: { entries } })).toMatchObject({
    figures: { machine_usd: '0', other_machines_usd: '7.5' },
    'opencode stats': { usd: '7', 'another-machine': '7', 'only-here': '1', 'session-totals': '-1' },
    ccusage: { usd: '8.5', 'another-machine': '7', 'only-here': '1', 'priced-by-tool': '0.5' },
  });
});

test('what the relay lacks was not sent yet, or is older than all it has from here', async () => {
  past.session('ses_1', { cost: 7 });
  past.message('msg_old', { data: { cost: 1 } });
  past.message('msg_held', { at: START + 10, data: { cost: 2 } });
  past.message('msg_new', { at: START + 20, data: { cost: 4 } });
  const entries = [{ message: 'msg_held', cost_usd: '2', at: START + 10 }];
  expect(await told(past, { ses_1: { entries } })).toMatchObject({
    ccusage: { usd: '7', 'only-here': '1', 'not-sent': '4' },
  });
  expect(await told(past, {})).toMatchObject({ ccusage: { usd: '7', 'only-here': '7' } });
});

test('a plan, a list price and a changed figure are told apart', async () => {
  past.session('ses_1', { cost: 4 });
  past.message('msg_plan', { data: { cost: 1 } });
  past.message('msg_list', { data: { cost: 0 } });
  past.message('msg_unpriced', { data: { cost: 0 } });
  past.message('msg_other', { data: { cost: 3 } });
  const entries = [
    { message: 'msg_plan', cost_usd: '0', basis: 'plan' },
    { message: 'msg_list', cost_usd: '0.5', basis: 'list' },
    { message: 'msg_unpriced', cost_usd: '0', basis: 'unpriced' },
    { message: 'msg_other', cost_usd: '2' },
  ];
  expect(await told(past, { ses_1: { entries } })).toMatchObject({
    figures: { machine_usd: '2.5', unpriced_messages: 1 },
    'opencode stats': { usd: '4', plan: '1', 'list-price': '-0.5', 'another-figure': '1' },
  });
});

test('a session of which nothing is known to cost something is no fault', async () => {
  past.session('ses_1');
  past.message('msg_1', { data: { cost: 0 } });
  const entries = [{ message: 'msg_1', cost_usd: null, basis: 'unpriced' }];
  expect(await told(past, { ses_1: { entries, cost_usd: null } })).toMatchObject({
    figures: { team_usd: '0', machine_usd: '0', unpriced_messages: 1 },
    ccusage: { usd: '0' },
  });
});

test('where OpenCode stored no cost, ccusage is taken to have our price, for a copy as for its original', async () => {
  past.session('ses_1', { cost: 1 });
  past.session('ses_fork', { at: START + DAY_MS });
  past.message('msg_paid', { data: { cost: 1 } });
  past.message('msg_list', { at: START + 1, data: { cost: 0 } });
  past.message('msg_copy', { session: 'ses_fork', at: START + 1, data: { cost: 0 } });
  past.message('msg_plan', { at: START + 2, data: { cost: 0 } });
  past.message('msg_unpriced', { at: START + 3, data: { cost: 0 } });
  past.message('msg_tokenless', {
    at: START + 4,
    data: { cost: 0, tokens: { ...TOKENS, input: 0, output: 0, cache: {} } },
  });
  const entries = [
    { message: 'msg_paid', cost_usd: '1', list_usd: '9' },
    { message: 'msg_list', cost_usd: '0.5', list_usd: '0.5', basis: 'list' },
    { message: 'msg_plan', cost_usd: '0', list_usd: '0.25', basis: 'plan' },
    { message: 'msg_unpriced', cost_usd: '0', list_usd: null, basis: 'unpriced' },
    { message: 'msg_tokenless', cost_usd: '0', list_usd: '0' },
  ];
  expect(await told(past, { ses_1: { entries }, ses_fork: {} })).toMatchObject({
    figures: { machine_usd: '1.5' },
    'opencode stats': { usd: '1', 'list-price': '-0.5' },
    ccusage: { usd: '2.25', 'list-price': '-0.5', 'priced-by-tool': '1.25' },
    tokscale: { usd: '1', 'list-price': '-0.5' },
  });
});

test("each tool's own rule is followed", async () => {
  past.session('ses_1', { cost: 10 });
  past.message('msg_1', { data: { cost: 1 } });
  past.message('msg_tokenless', { data: { cost: 2, tokens: { ...TOKENS, input: 0, output: 0, cache: {} } } });
  past.message('msg_next', { table: 'session_message', data: { cost: 4 } });
  past.message('msg_bad', { data: { cost: -8 } });
  past.message('msg_halved', { data: { cost: 16, tokens: { input: 0.5 } } });
  const entries = ['1', '2', '4'].map((cost_usd, at) => ({
    message: ['msg_1', 'msg_tokenless', 'msg_next'][at] ?? '',
    cost_usd,
  }));
  expect(await told(past, { ses_1: { entries } })).toMatchObject({
    'opencode stats': { usd: '10', 'other-shelf': '-4', malformed: '16', 'session-totals': '-9' },
    // Half a token is none; the cost is not believed by us alone.
    ccusage: { usd: '5', 'no-tokens': '-2' },
    tokscale: { usd: '23', malformed: '16' },
  });
});

test('a relay whose session is not the sum of its entries is not explained away', async () => {
  past.session('ses_1', { cost: 1 });
  past.message('msg_1', { data: { cost: 1 } });
  const held = { entries: [{ message: 'msg_1', cost_usd: '1' }], cost_usd: '1.5' };
  expect(await told(past, { ses_1: held })).toMatchObject({ ccusage: { usd: '1', unexplained: '-0.5' } });
});

test('people read it as sums that can be added up', async () => {
  past.session('ses_1', { cost: 3.25 });
  past.message('msg_1', { data: { cost: 1.25 } });
  past.message('msg_2', { at: START + 1, data: { cost: 2 } });
  const { stdout } = await reconcileWith(past, { ses_1: { entries: [{ message: 'msg_1', cost_usd: '1.25' }] } }, []);
  expect(stdout.split('\n').slice(4, 7)).toEqual([
    'Gasline, this machine                                              1.25',
    '  not sent yet: newer than the first that the relay has from here  2.00         1 row',
    'opencode stats, by its rule                                        3.25',
  ]);
});

test('a program that is not there fails by its name', async () => {
  past.session('ses_1');
  const { code, stderr } = await reconcileWith(past, {}, ['--ccusage', '/nowhere/ccusage']);
  expect([code, stderr]).toEqual([1, expect.stringContaining('/nowhere/ccusage did not answer')]);
});
