import { expect, it } from 'vitest';

import { gasline } from './console.ts';

function session(id: string, parent: string | null, own: string, inclusive: string, given: object = {}) {
  return {
    id,
    parent,
    title: null,
    member: 'ann@example.com',
    project: { id: 'f00d', name: 'github.com/acme/app' },
    last_at: '2026-11-22T09:30:00.000Z',
    messages: 3,
    cost_usd: own,
    inclusive_cost_usd: inclusive,
    ...given,
  };
}

const SESSIONS = [
  session('ses_a', null, '0.5', '0.75', { title: 'Fix the 漢字 bug\u001B[2J' }),
  session('ses_c', 'ses_b', '0.05', '0.05'),
  session('ses_b', 'ses_a', '0.2', '0.25', { title: 'explore the code' }),
  session('ses_lost', 'ses_elsewhere', '2', '2'),
  session('ses_self', 'ses_self', '0', '0'),
];

const reply = (url: URL) => ({
  body: url.pathname.endsWith('/team') ? { zone: 'Asia/Kolkata' } : { sessions: SESSIONS, next: null },
});

it('sub-agents stand under the session that started them, whose cost includes theirs', async () => {
  const { stdout } = await gasline(['sessions'], reply, { columns: 120 });
  expect(`\n${stdout}`).toMatchInlineSnapshot(`
    "
    Session                    Last active  Member           Project              Messages  Own cost  With sub-agents
    ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────
    Fix the 漢字 bug      2026-11-22 15:00  ann@example.com  github.com/acme/app         3     $0.50            $0.75
      └ explore the code  2026-11-22 15:00  ann@example.com  github.com/acme/app         3     $0.20            $0.25
        └ ses_c           2026-11-22 15:00  ann@example.com  github.com/acme/app         3     $0.05            $0.05
    ses_lost              2026-11-22 15:00  ann@example.com  github.com/acme/app         3     $2.00            $2.00
    ses_self              2026-11-22 15:00  ann@example.com  github.com/acme/app         3     $0.00            $0.00
    "
  `);
});

it('by cost the dearest whole goes first, and a limit counts whole trees', async () => {
  const { stdout, asked } = await gasline(['sessions', '--sort', 'cost', '-n', '2'], reply, { columns: 60 });
  expect(`\n${stdout}`).toMatchInlineSnapshot(`
    "
    Session               Own cost  With sub-agents
    ───────────────────────────────────────────────
    ses_lost                 $2.00            $2.00
    Fix the 漢字 bug         $0.50            $0.75
      └ explore the code     $0.20            $0.25
        └ ses_c              $0.05            $0.05
    No room for: last active, member, project, messages.
    "
  `);
  expect(asked[0]?.path).toBe('/team/v1/sessions?sort=cost&limit=1000');
});

it('sessions that name each other as parents are no endless tree', async () => {
  const ring = [session('a', 'b', '1', '3'), session('b', 'a', '2', '3'), session('c', null, '1', '1')];
  const { code, stdout } = await gasline(['sessions', '--zone', 'UTC'], () => ({ body: { sessions: ring } }));
  expect(code).toBe(0);
  for (const { id } of ring) expect(stdout).toMatch(new RegExp(`^ *(└ )?${id} `, 'm'));
});

it('without sessions there is a sentence', async () => {
  expect((await gasline(['sessions'], () => ({ body: { sessions: [] } }))).stdout).toBe('No sessions.\n');
});
