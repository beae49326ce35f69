import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import plugin from '../../plugin/index.ts';
import * as entry from '../../plugin/index.ts';
import { registry } from '../../plugin/registry.ts';
import { startCollector, until } from './collector.ts';
import type { Collector } from './collector.ts';
import { load, makeHome, message, spoolFiles, TOKEN } from './opencode.ts';
import type { Home } from './opencode.ts';
import { readTrace } from './trace.ts';

let home: Home;
let collector: Collector;
const rejections: unknown[] = [];
const onRejection = (reason: unknown) => rejections.push(reason);

beforeEach(async () => {
  home = makeHome();
  collector = await startCollector();
  process.on('unhandledRejection', onRejection);
});

afterEach(async () => {
  await Promise.all([...registry().endings].map((end) => end()));
  await collector.stop();
  home.remove();
  process.off('unhandledRejection', onRejection);
  if (rejections.length > 0) throw new Error(`unhandled: ${String(rejections)}`);
});

describe('the plugin', () => {
  it('has one export, as OpenCode calls each exported function as a plugin', () => {
    expect(Object.keys(entry)).toEqual(['default']);
    expect(Object.keys(plugin).toSorted()).toEqual(['id', 'server', 'setup']);
  });

  it('does nothing and leaves no file when it is not configured', async () => {
    const { hooks, log } = await load(home, undefined);
    expect(hooks).toEqual({});
    expect(log).toEqual([]);
    expect(spoolFiles(home)).toEqual([]);
  });

  it('sends events with who, where and what, and leaves nothing behind', async () => {
    const { publish, dispose } = await load(home, options());
    publish('session.created', { sessionID: 's1', info: { version: '1.18.33', time: { created: 1 } } }, 'evt_a');
    publish('message.updated', message('m1'), 'evt_b');
    publish('file.edited', { file: '/secret' });
    await dispose();
    const [request] = collector.requests;
    expect(request?.headers).toMatchObject({ authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' });
    expect(request?.batch).toMatchObject({
      version: 1,
      backlog: 0,
      source: {
        opencode_version: '1.18.33',
        member: 'ann@example.com',
        project: { id: 'root-commit', name: 'git.example.com/acme/widgets' },
        branch: 'feature/x',
        town: null,
      },
      events: [
        { seq: 1, id: 'evt_a', type: 'session.created', session: 's1' },
        { seq: 2, id: 'evt_b', type: 'message.updated', session: 's1' },
      ],
    });
    expect(spoolFiles(home)).toEqual([]);
  });

  it('sends within a second without being asked to end', async () => {
    const { publish } = await load(home, options());
    publish('session.compacted', { sessionID: 's1' });
    await until(() => collector.stored().length === 1, 1000);
    expect(collector.stored()[0]?.type).toBe('session.compacted');
  });

  it('begins a new batch when the branch changes', async () => {
    const { publish, dispose } = await load(home, options());
    publish('session.compacted', { sessionID: 's1' });
    publish('vcs.branch.updated', { branch: 'main' });
    publish('session.compacted', { sessionID: 's1' });
    await dispose();
    expect(collector.requests.map(({ batch }) => [batch.source.branch, batch.events.length])).toEqual([
      ['feature/x', 1],
      ['main', 1],
    ]);
  });

  it('works once in each instance of OpenCode, of which one folder may have several', async () => {
    const first = await load(home, options());
    expect((await load(home, options(), { input: first.input })).hooks).toEqual({});
    expect(first.log.join()).toContain('loaded twice');
    const elsewhere = join(home.folder, 'elsewhere');
    mkdirSync(elsewhere);
    expect((await load(home, options(), { directory: elsewhere })).hooks.event).toBeTypeOf('function');
    const second = await load(home, options());
    for (const { publish } of [first, second]) publish('session.compacted', { sessionID: 's1' });
    await Promise.all([first.dispose(), second.dispose()]);
    expect(new Set(collector.requests.map(({ batch }) => batch.source.id)).size).toBe(2);
    expect((await load(home, options())).hooks.event).toBeTypeOf('function');
  });

  it('keeps its files to the member', async () => {
    collector.behaviour = () => ({ status: 503 });
    const { publish } = await load(home, options());
    publish('session.compacted', { sessionID: 's1' });
    expect(spoolFiles(home).map(({ mode }) => mode)).toEqual([0o600]);
  });

  it('begins a new spool when another machine took its own while it was suspended', async () => {
    collector.behaviour = () => ({ status: 503 });
    const { publish } = await load(home, options());
    publish('session.compacted', { sessionID: 's1' }, 'evt_before');
    const [before] = spoolFiles(home);
    const taken = (before?.path ?? '').replace(/\.[0-9a-f]{8}-/, '.0badcafe-');
    renameSync(before?.path ?? '', taken);
    vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 3 * 60_000);
    publish('session.compacted', { sessionID: 's1' }, 'evt_after');
    vi.restoreAllMocks();
    const files = spoolFiles(home);
    expect(files).toHaveLength(2);
    expect(files.find(({ path }) => path === taken)?.text).toBe(before?.text);
    expect(files.find(({ path }) => path === before?.path)?.text).toContain('evt_after');
  });

  it('takes its settings from the file when nothing else is given', async () => {
    mkdirSync(join(home.folder, 'config', 'gasline'), { recursive: true });
    writeFileSync(
      join(home.folder, 'config', 'gasline', 'config.json'),
      JSON.stringify({ ...options(), member: 'file' }),
    );
    const { publish, dispose } = await load(home, { member: 'option' });
    publish('session.compacted', { sessionID: 's1' });
    await dispose();
    expect(collector.requests[0]?.batch.source.member).toBe('option');
  });

  it('survives whatever OpenCode publishes', async () => {
    const { hooks, log } = await load(home, options());
    fc.assert(
      fc.property(fc.anything(), (event) => {
        void hooks.event?.({ event: event as never });
        void hooks.event?.({ event: { id: 'x', type: 'message.updated', properties: event } as never });
      }),
    );
    expect(log).toEqual([]);
  });

  it('takes a tenth of a millisecond for an event', async () => {
    collector.behaviour = () => ({ status: 503 });
    const { publish } = await load(home, options());
    const durations: number[] = [];
    for (let i = 0; i < 5000; i += 1) {
      const start = performance.now();
      publish('message.updated', message(`m${i}`));
      durations.push(performance.now() - start);
    }
    durations.sort((a, b) => a - b);
    expect(durations[4950]).toBeLessThan(1);
  });

  it('lets nothing of the content out, neither to the disk nor to the relay', async () => {
    collector.behaviour = (batch) => ({
      status: 202,
      body: { accepted: 0, duplicates: 0, rejected: batch.events.slice(0, 1).map(() => ({ index: 0, detail: 'no' })) },
    });
    const { hooks, dispose } = await load(home, options());
    let onDisk = '';
    for (const file of ['serve-sdk', 'run-file-edit', 'run-err401', 'run-permission-ask', 'run-tool-bash']) {
      for (const { id, type, properties } of readTrace(file))
        void hooks.event?.({ event: { id, type, properties } as never });
      onDisk += spoolFiles(home)
        .map(({ text }) => text)
        .join('');
    }
    await dispose();
    const sent =
      collector.requests.map(({ text }) => text).join('') +
      spoolFiles(home)
        .map(({ text }) => text)
        .join('');
    expect(sent.length).toBeGreaterThan(50_000);
    for (const canary of CANARIES) {
      expect(onDisk).not.toContain(canary);
      expect(sent).not.toContain(canary);
    }
  });
});

/** Pieces of prompts, answers, tool arguments, patches, titles, paths and error bodies in the traces. */
const CANARIES = [
  'first question',
  'Echo:',
  'hello-from-bash',
  'CALL_',
  'needs-permission',
  'Invalid API key',
  'responseHeaders',
  '41411',
  '/home/dev',
  'sub hello',
  'fake summary',
  'abort me',
  'Fake title',
  '@@',
  'patch',
  'hunter2',
];

function options() {
  return { url: collector.url, token: TOKEN };
}
