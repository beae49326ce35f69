import { describe, expect, it } from 'vitest';

import { readOptions, TOOLS } from '../../../plugin/mail/options.ts';

const MAIL = TOOLS.filter((name) => name !== 'relay_costs');

describe('the options for mail and tools', () => {
  it('are mail and all tools that the token is good for', () => {
    expect(readOptions({})).toEqual({ mail: true, tools: MAIL, readToken: null, streamToken: null, warnings: [] });
    const read = { tools: TOOLS, readToken: 'gl_read', streamToken: null, warnings: [] };
    expect(readOptions({ read_token: 'gl_read' })).toMatchObject(read);
    expect(readOptions({ read_token: 'gl_read', live: '1' })).toMatchObject({ ...read, streamToken: 'gl_read' });
  });

  it.each([
    [false, []],
    ['false', []],
    ['true', MAIL],
    [['relay_mail_read'], ['relay_mail_read']],
    ['relay_mail_send, relay_mail_read', ['relay_mail_send', 'relay_mail_read']],
    [[], []],
  ])('tools: %j are %j', (tools, names) => {
    expect(readOptions({ tools })).toMatchObject({ tools: names, warnings: [] });
  });

  it.each([
    [{ mail: 'perhaps' }, 'option mail must be true or false, got "perhaps"'],
    [{ live: 7, read_token: 'x' }, 'option live must be true or false, got "number"'],
    [{ live: true }, 'option live needs read_token'],
    [{ read_token: 'two words' }, 'option read_token must be one word'],
    [{ tools: 'relay_mail' }, 'option tools names "relay_mail", which is no tool of ours'],
    [{ tools: 7 }, 'option tools names "number", which is no tool of ours'],
  ])('%j: %s', (given, warning) => {
    expect(readOptions(given)).toMatchObject({ mail: true, streamToken: null, warnings: [warning] });
  });
});
