import { defineConfig } from 'vitest/config';

// unit: the plugin and the Worker's core, in Node. relay: the built Worker in workerd over loopback. endurance: the same through
// kills, long histories and receivers that hang, which take their time. e2e: the real OpenCode.
const ENDURANCE = [
  'archive-kill',
  'chaos',
  'durability',
  'fuzz',
  'hangup',
  'history',
  'isolation',
  'live-kill',
  'live-sleep',
  'mail-fuzz',
  'mail-kill',
].map((name) => `relay/${name}.test.ts`);

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', root: import.meta.dirname, include: ['plugin/**/*.test.ts', 'core/**/*.test.ts'] } },
      {
        test: {
          name: 'relay',
          root: import.meta.dirname,
          include: ['relay/**/*.test.ts'],
          exclude: ENDURANCE,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'endurance',
          root: import.meta.dirname,
          include: ENDURANCE,
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'e2e',
          root: import.meta.dirname,
          include: ['e2e/**/*.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
