import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { rateLimit } from '../../worker/embedded/limiter.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 10, 23, 9) });
});
afterEach(() => {
  vi.useRealTimers();
});

it('lets a key through as often as it may, and another beside it', async () => {
  const limiter = rateLimit({ limit: 2, period: 60 });
  const asked = ['a', 'a', 'a', 'b', 'a'].map((key) => limiter.limit({ key }));
  expect((await Promise.all(asked)).map(({ success }) => success)).toEqual([true, true, false, true, false]);
});

it('begins anew after its period, and not before', async () => {
  const limiter = rateLimit({ limit: 1, period: 60 });
  const ask = async () => (await limiter.limit({ key: 'a' })).success;
  expect(await ask()).toBe(true);
  vi.advanceTimersByTime(59_999);
  expect(await ask()).toBe(false);
  vi.advanceTimersByTime(1);
  expect(await ask()).toBe(true);
});
