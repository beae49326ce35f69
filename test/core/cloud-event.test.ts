// Whether what is sent is a CloudEvent, by the rules of the specification, written down apart from the code that keeps to them
// (github.com/cloudevents/spec at v1.0.2: spec.md, "Context Attributes"; formats/json-format.md).
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { cloudEvent } from '../../worker/destination/cloud-event.ts';
import type { PublicEvent } from '../../worker/event/event.ts';
import { RELAY } from '../../worker/event/own.ts';
import { event, TOLD } from './told.ts';

const REQUIRED = ['id', 'source', 'specversion', 'type'];
const OPTIONAL = ['datacontenttype', 'dataschema', 'subject', 'time'];
/** Members of the JSON format that are no attributes. */
const DATA = ['data', 'data_base64'];
/** RFC 3339, as the type Timestamp is written. */
const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;
/** RFC 3986, its characters: no text that has others is a URI-reference. */
const URI_REFERENCE = /^(?:[\w\-.~:/?#[\]@!$&'()*+,;=]|%[0-9A-F]{2})+$/i;

/** What is wrong with it. */
function faultsOf(text: string): string[] {
  const json: unknown = JSON.parse(text);
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return ['is no object'];
  const attributes = Object.entries(json).filter(([name]) => !DATA.includes(name));
  const held = Object.fromEntries(attributes);
  const faults = REQUIRED.filter((name) => !Object.hasOwn(held, name)).map((name) => `lacks ${name}`);
  for (const [name, value] of attributes) {
    if (!/^[a-z0-9]{1,20}$/.test(name)) faults.push(`${name}: not up to twenty lower-case letters and digits`);
    if (value === '') faults.push(`${name}: empty`);
    const isInteger = Number.isInteger(value) && Math.abs(Number(value)) < 2 ** 31;
    if (typeof value !== 'string' && typeof value !== 'boolean' && !isInteger) faults.push(`${name}: of no type`);
    if ([...REQUIRED, ...OPTIONAL].includes(name) && typeof value !== 'string') faults.push(`${name}: not a string`);
    if (/[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]/u.test(String(value))) faults.push(`${name}: characters`);
  }
  if (held['specversion'] !== '1.0') faults.push('specversion');
  if (!URI_REFERENCE.test(String(held['source']))) faults.push('source: no URI-reference');
  if ('time' in held && !TIMESTAMP.test(String(held['time']))) faults.push('time: no timestamp');
  if ('data' in json && 'data_base64' in json) faults.push('data twice');
  return faults;
}

function write(given: Partial<PublicEvent> = {}): string {
  return JSON.stringify(cloudEvent(event(given)));
}

test('an event says by attributes what it is, where it comes from and who it was', () => {
  const town = { town: 'gt', role: 'polecat', rig: 'web', worker: 'nux', bead: 'gt-1' };
  const source = { ...event().source, town, backfill: true };
  expect(JSON.parse(write({ source, data: { pending: 1 } }))).toEqual({
    specversion: '1.0',
    id: 'acme-7',
    source: 'urn:gasline:source:src_1',
    type: 'gasline.session.idle',
    subject: 'ses_1',
    time: '2026-11-23T09:00:00.000Z',
    datacontenttype: 'application/json',
    gaslineseq: '7',
    gaslinereceived: '2026-11-23T09:00:01.000Z',
    gaslineorigin: 'evt_1',
    gaslineoriginseq: '1',
    gaslinehost: 'laptop',
    gaslinemember: 'ann@example.com',
    gaslineproject: 'f00d',
    gaslineprojectname: 'example.com/acme/app',
    gaslinebranch: 'feat/x_y',
    gaslinetown: 'gt',
    gaslinerole: 'polecat',
    gaslinerig: 'web',
    gaslineworker: 'nux',
    gaslinebead: 'gt-1',
    gaslineplugin: '0.1.0',
    gaslinebackfill: true,
    data: { pending: 1 },
  });
});

test('what is not known is left out', () => {
  const text = write({ session: null, source: RELAY });
  expect(Object.keys(JSON.parse(text))).not.toContain('subject');
  expect(text).not.toContain('null');
  expect(JSON.parse(text).source).toBe('urn:gasline:source:gasline%3Arelay');
});

test.each(TOLD)('%s is one by the rules', (type, data) => {
  expect(faultsOf(write({ type, data }))).toEqual([]);
});

test('a position beyond what the integers of the specification hold is still exact', () => {
  for (const seq of [2 ** 31 - 1, 2 ** 31, 2 ** 31 + 1, Number.MAX_SAFE_INTEGER]) {
    expect(faultsOf(write({ seq }))).toEqual([]);
    expect(JSON.parse(write({ seq })).gaslineseq).toBe(seq.toString());
  }
});

test('whatever anybody could have written makes one, and its data is as it was', () => {
  const word = fc.oneof(
    fc.string({ unit: 'binary', minLength: 1 }),
    fc.constantFrom('\u0085', '\uFFFE', '\u{1FFFF}', 'half \ud800', 'a\r\nb', '%', ' '),
  );
  const given = fc.record({ word, data: fc.object({ key: word }) });
  fc.assert(
    fc.property(given, ({ word, data }) => {
      const town = { town: word, role: word, rig: word, worker: word, bead: word };
      const project = { id: word, name: word };
      const words = { id: word, host: word, member: word, branch: word, plugin_version: word, opencode_version: word };
      const source = { ...event().source, ...words, project, town };
      const text = write({ type: word, session: word, origin: { id: word, seq: 1 }, source, data });
      expect(faultsOf(text)).toEqual([]);
      expect(JSON.parse(text).data).toEqual(JSON.parse(JSON.stringify(data)));
    }),
  );
});

test.each([
  ['{}', 'lacks id'],
  ['[]', 'is no object'],
  ['{"id":"1","source":"a b","specversion":"1.0","type":"t"}', 'source: no URI-reference'],
  ['{"id":"1","source":"a","specversion":"1.0","type":"t","seqNumber":1}', 'seqNumber: not up to'],
  ['{"id":"1","source":"a","specversion":"1.0","type":"t","seq":2147483648}', 'seq: of no type'],
  ['{"id":"1","source":"a","specversion":"1.0","type":"t","subject":""}', 'subject: empty'],
  ['{"id":"1","source":"a","specversion":"1.0","type":"t","who":"\\u0007"}', 'who: characters'],
  ['{"id":"1","source":"a","specversion":"1.0","type":"t","time":"today"}', 'time: no timestamp'],
])('the rules find the fault of %s', (text, fault) => {
  expect(faultsOf(text)[0]).toContain(fault);
});
