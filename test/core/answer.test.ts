// What a webhook's answer means: the table of the Standard Webhooks specification, and what a receiver may wish for by a header.
import { expect, test } from 'vitest';

import { webhook } from '../../worker/destination/webhook.ts';

const NOW = Date.UTC(2026, 10, 23);

function classify(status: number, headers: Record<string, string> = {}, body = '') {
  return webhook.classify({ status, headers: new Map(new Headers(headers)), body }, NOW);
}

test('2xx is delivered, 410 is gone, and every other status is tried again', () => {
  for (let status = 200; status <= 599; status += 1) {
    const expected = status < 300 ? 'delivered' : status === 410 ? 'gone' : 'retry';
    expect([status, classify(status).kind]).toEqual([status, expected]);
  }
});

test('Retry-After is read where the receiver throttles, and nowhere else', () => {
  for (let status = 300; status <= 599; status += 1) {
    if (status === 410) continue;
    const expected = [429, 502, 503, 504].includes(status) ? 30_000 : null;
    for (const value of ['30', new Date(NOW + 30_000).toUTCString()]) {
      expect([status, classify(status, { 'retry-after': value })]).toMatchObject([status, { afterMs: expected }]);
    }
  }
});

test.each([
  [200, 'disable', 'gone', 'answered 200 (disable)'],
  [500, 'disable', 'gone', 'answered 500 (disable)'],
  [429, ' Disable ', 'gone', 'answered 429 (disable)'],
  [500, 'abort-message', 'rejected', 'answered 500 (abort-message)'],
  [307, 'abort-message', 'rejected', 'answered 307 to nowhere: not followed (abort-message)'],
  [410, 'abort-message', 'gone', 'answered 410 (abort-message)'],
  [200, 'abort-message', 'delivered', undefined],
  [200, 'enable', 'delivered', undefined],
  [500, 'enable', 'retry', 'answered 500'],
  [500, 'disable, abort-message', 'retry', 'answered 500'],
])('%d with webhook-delivery: %s is %s', (status, wish, kind, detail) => {
  const outcome = classify(status, { 'webhook-delivery': wish });
  expect(outcome).toMatchObject({ kind, status, ...(detail === undefined ? {} : { detail }) });
});
