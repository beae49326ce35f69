import { expect, it } from 'vitest';

import { gasline } from './console.ts';

function session(id: string, parent: string | null, own: string | null, inclusive: string | null, given: object = {}) {
  return {
    id,
    parent,
    title: null,
    member: 'ann@example.com',
    project: { id: 'f00d', name: 'github.com/acme/app' },
    last_at: '2026-11-22T09:30:00.000Z',
    messages: 3,
    unpriced_messages: 0,
    subagents: 0,
    cost_usd: own,
    inclusive_cost_usd: inclusive,
    inclusive_unpriced_messages: 0,
    ...given,
  };
}

type Session = ReturnType<typeof session>;

const ROOTS = [
  session('ses_a', null, '0.5', '0.75', { title: 'Fix the 漢字 bug\u001B[2J', subagents: 2 }),
  session('ses_lost', 'ses_elsewhere', '2', '2'),
  session('ses_self', 'ses_self', '0', '0'),
];
const BELOW = [
  session('ses_c', 'ses_b', '0.05', '0.05'),
  session('ses_b', 'ses_a', '0.2', '0.25', { title: 'explore the code', subagents: 1 }),
];

/** A relay that has these roots, and these sessions below the first. */
const relay = (roots: readonly Session[], below: readonly Session[]) => (url: URL) => {
  if (url.pathname.endsWith('/team')) return { body: { zone: 'Asia/Kolkata' } };
  const isTree = url.searchParams.has('tree');
  return { body: { sessions: isTree ? [...roots.slice(0, 1), ...below] : roots, next: null } };
};
const reply = relay(ROOTS, BELOW);

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

it('by cost the relay says which whole trees are the dearest, and a limit counts them', async () => {
  const { stdout, asked } = await gasline(['sessions', '--sort', 'cost', '-n', '3'], reply, { columns: 60 });
  expect(`\n${stdout}`).toMatchInlineSnapshot(`
    "
    Session               Own cost  With sub-agents
    ───────────────────────────────────────────────
    Fix the 漢字 bug         $0.50            $0.75
      └ explore the code     $0.20            $0.25
        └ ses_c              $0.05            $0.05
    ses_lost                 $2.00            $2.00
    ses_self                 $0.00            $0.00
    No room for: last active, member, project, messages.
    "
  `);
  expect(asked.map(({ path }) => path)).toEqual([
    '/team/v1/sessions?roots=true&sort=cost&limit=3',
    '/team/v1/sessions?tree=ses_a&sort=cost&limit=1000',
    '/team/v1/team',
  ]);
});

it('what has no known price is said beside what has one', async () => {
  const roots = [
    session('ses_a', null, '0', '0.25', { inclusive_unpriced_messages: 1, subagents: 2 }),
    session('ses_d', null, '1', '1'),
  ];
  const below = [
    session('ses_b', 'ses_a', '0.25', '0.25'),
    session('ses_c', 'ses_a', null, null, { unpriced_messages: 1, inclusive_unpriced_messages: 1 }),
  ];
  const { stdout } = await gasline(['sessions'], relay(roots, below), { columns: 60 });
  expect(`\n${stdout}`).toMatchInlineSnapshot(`
    "
    Session    Own cost      With sub-agents
    ────────────────────────────────────────────
    ses_a         $0.00                $0.25 + ?
      └ ses_b     $0.25                $0.25
      └ ses_c      unpriced             unpriced
    ses_d         $1.00                $1.00
    No room for: last active, member, project, messages.
    "
  `);
});

it('of a tree that is larger than a page it says how many more there are', async () => {
  const root = session('ses_a', null, '1', '5', { subagents: 1_203 });
  const { stdout } = await gasline(['sessions'], relay([root], [session('ses_b', 'ses_a', '1', '1')]));
  expect(stdout).toMatch(/^ {2}└ 1,202 more$/m);
});

it('sessions that name each other as parents are no endless tree', async () => {
  const ring = [session('b', 'a', '2', '3'), session('a', 'b', '1', '3')];
  const { code, stdout } = await gasline(
    ['sessions', '--zone', 'UTC'],
    relay([session('a', 'b', '1', '3', { subagents: 1 })], ring),
  );
  expect(code).toBe(0);
  expect(stdout.match(/^ *(└ )?[ab] /gm)).toHaveLength(2);
});

it('without sessions there is a sentence', async () => {
  expect((await gasline(['sessions'], relay([], []))).stdout).toBe('No sessions.\n');
});
