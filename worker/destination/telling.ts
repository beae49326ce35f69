// What is told of each type of event. A type that is not in the table is named and left at that: nobody knows what it holds.
import { clip } from './clip.ts';
import type { Fields } from './fields.ts';
import { counted, grouped, spokenTime } from './figure.ts';
import { HEARD } from './heard-telling.ts';
import type { Tone } from './note.ts';

export interface Telling {
  readonly tone: Tone;
  readonly title: string;
  /** In order of what a person wants to know first; what is null is left out. */
  readonly facts: readonly (readonly [name: string, value: string | null])[];
}

export function tellingOf(type: string, data: Fields): Telling {
  const tell = Object.hasOwn(TELLINGS, type) ? TELLINGS[type] : undefined;
  return tell?.(data) ?? { tone: 'info', title: type, facts: [] };
}

/**
 * The types that a chat gets where its endpoint does not say: what somebody may want to act on. Mail is not among them: most of
 * it is between agents, and what it says is for whom it is sent to.
 */
export const WORTH_TELLING: readonly string[] = [
  'session.idle',
  'session.error',
  'session.stalled',
  'session.resumed',
  'permission.asked',
  'question.asked',
  'escalation.*',
  'town.escalation_sent',
  'notice.*',
  'budget.*',
  'digest.*',
  'anomaly.*',
  'endpoint.*',
  'archive.*',
];

const TELLINGS: Readonly<Record<string, (data: Fields) => Telling>> = {
  'session.idle'(data) {
    const worked = data.count('worked_s');
    return {
      tone: 'good',
      title: 'The agent has finished',
      facts: [['Worked for', worked === null ? null : spokenTime(worked)]],
    };
  },
  'session.error'(data) {
    const error = data.inner('error');
    // Whoever pressed Escape knows.
    if (error.text('name') === 'MessageAbortedError')
      return { tone: 'info', title: 'A session was stopped', facts: [] };
    return { tone: 'bad', title: 'A session failed', facts: [['Error', errorOf(error)]] };
  },
  'permission.asked': (data) => ({
    tone: 'warn',
    title: 'The agent waits for a permission',
    facts: [['Permission', data.text('permission')]],
  }),
  'question.asked'(data) {
    const questions = data.count('questions');
    return {
      tone: 'warn',
      title: 'The agent waits for an answer',
      facts: [['Asks', questions === null ? null : counted(questions, 'question')]],
    };
  },
  'session.stalled'(data) {
    const silent = data.count('silent_s');
    const waits = data.text('status') === 'waiting';
    return {
      tone: 'warn',
      title: waits ? 'The agent still waits for you' : 'The agent has fallen silent in the middle of its work',
      facts: [[waits ? 'Waits for' : 'Silent for', silent === null ? null : spokenTime(silent)]],
    };
  },
  'session.resumed': () => ({ tone: 'good', title: 'The agent is heard of again', facts: [] }),
  ...HEARD,
  'message.updated': messageTelling,
  'budget.threshold'(data) {
    const percent = data.count('percent');
    return budgetTelling(data, percent === null ? 'has been reached' : `is at ${percent} %`, (percent ?? 0) >= 100);
  },
  'budget.forecast': (data) => budgetTelling(data, 'will be passed', false),
  'digest.daily': (data) => digestTelling(data, 'The day'),
  'digest.weekly': (data) => digestTelling(data, 'The week'),
  'anomaly.detected'(data) {
    const subject = data.inner('subject');
    return {
      tone: 'warn',
      title: `Unusual spend of a ${subject.text('by') ?? 'team'}`,
      facts: [
        ['Of', subject.text('name') ?? subject.text('value')],
        ['Who', subject.text('member')],
        ['Spent', data.usd('spent_usd')],
        ['Usual', data.usd('norm_usd')],
        ['Day', day(data.text('from'))],
      ],
    };
  },
  'endpoint.test': () => ({ tone: 'info', title: 'A test from Gasline: messages arrive here', facts: [] }),
  'endpoint.overtaken'(data) {
    const positions = data.count('positions');
    return {
      tone: 'bad',
      title: 'Events have left the log before an endpoint had them',
      facts: [
        ['Endpoint', data.text('endpoint')],
        ['Passed over', positions === null ? null : counted(positions, 'event')],
      ],
    };
  },
  'endpoint.failing': (data) => endpointTelling(data, 'warn', 'An endpoint fails'),
  'endpoint.stalled': (data) => endpointTelling(data, 'bad', 'The relay does not get to an endpoint'),
  'endpoint.disabled': (data) => endpointTelling(data, 'bad', 'An endpoint was disabled'),
  'endpoint.recovered': (data) => endpointTelling(data, 'good', 'An endpoint works again'),
  'endpoint.exhausted': (data) => endpointTelling(data, 'warn', 'Events were given up for an endpoint'),
  'mail.sent': mailTelling,
  'mail.expired'(data) {
    const unread = data.count('unread') ?? 0;
    return {
      tone: unread > 0 ? 'warn' : 'info',
      title: 'Old mail has gone',
      facts: [['Never read', unread === 0 ? null : counted(unread, 'message')]],
    };
  },
  'archive.waiting': (data) => ({
    tone: 'warn',
    title: 'An endpoint holds back the archive',
    facts: [
      ['Endpoint', data.text('endpoint')],
      ['Until', day(data.text('until'))],
    ],
  }),
};

function messageTelling(data: Fields): Telling {
  const { text } = data;
  const error = data.inner('error');
  const tokens = data.inner('tokens');
  const total = ['input', 'output', 'reasoning', 'cache_read', 'cache_write'].reduce(
    (sum, name) => sum + (tokens.count(name) ?? 0),
    0,
  );
  const model = [text('provider'), text('model')].filter((part) => part !== null).join('/');
  return {
    tone: error.text('name') === null ? 'info' : 'warn',
    title: 'A message is complete',
    facts: [
      ['Cost', data.usd('cost_usd')],
      ['Model', model === '' ? null : model],
      ['Agent', text('agent')],
      ['Tokens', total === 0 ? null : grouped(total)],
      ['Error', errorOf(error)],
    ],
  };
}

const MAIL_TONE: Readonly<Record<string, Tone>> = { urgent: 'bad', high: 'warn' };
/** Enough to know what it is about. */
const MAX_MAIL = 600;

function mailTelling(data: Fields): Telling {
  const priority = data.text('priority') ?? 'normal';
  const body = data.text('body');
  return {
    tone: (Object.hasOwn(MAIL_TONE, priority) ? MAIL_TONE[priority] : undefined) ?? 'info',
    title: `Mail for ${data.text('to') ?? 'somebody'}: ${data.text('subject') ?? 'without a subject'}`,
    facts: [
      ['From', data.text('from')],
      ['Priority', priority === 'normal' ? null : priority],
      ['Text', body === null ? null : clip(body, MAX_MAIL)],
    ],
  };
}

function budgetTelling(data: Fields, what: string, isOver: boolean): Telling {
  const scope = data.inner('scope');
  const spent = data.usd('spent_usd');
  const limit = data.usd('limit_usd');
  return {
    tone: isOver ? 'bad' : 'warn',
    title: `Budget "${data.text('name') ?? 'without a name'}" ${what}`,
    facts: [
      ['Spent', spent === null || limit === null ? spent : `${spent} of ${limit}`],
      ['Forecast', data.usd('forecast_usd')],
      ['Period', data.text('period')],
      ['Of', scope.text('value')],
    ],
  };
}

function digestTelling(data: Fields, span: string): Telling {
  const cost = data.usd('cost_usd');
  const messages = data.count('messages');
  const change = data.count('change_percent');
  const before = data.usd('before_usd');
  const compared = change === null ? before : `${before ?? ''} (${change > 0 ? '+' : ''}${change} %)`;
  return {
    tone: 'info',
    title: cost === null ? `${span} in figures` : `${span} cost ${cost}`,
    facts: [
      ['From', day(data.text('from'))],
      ['Messages', messages === null ? null : grouped(messages)],
      ['Before', compared],
      ['Members', topOf(data.list('members'), ['member'])],
      ['Projects', topOf(data.list('projects'), ['project_name', 'project'])],
      ['Models', topOf(data.list('models'), ['model'])],
      ['Budgets', budgetsOf(data.list('budgets'))],
      ['Without a price', topOf(data.list('unpriced'), ['model'])],
    ],
  };
}

function topOf(lines: readonly Fields[], names: readonly string[]): string | null {
  const told = lines.map((line) => {
    const name = names.map(line.text).find((found) => found !== null) ?? 'unknown';
    const messages = line.count('messages');
    const amount = line.usd('cost_usd') ?? (messages === null ? '' : counted(messages, 'message'));
    return `${name} ${amount}`.trimEnd();
  });
  return told.length === 0 ? null : told.join(', ');
}

function budgetsOf(budgets: readonly Fields[]): string | null {
  const told = budgets.map(
    (budget) => `${budget.text('name') ?? budget.text('budget') ?? 'unknown'} ${budget.count('percent') ?? '?'} %`,
  );
  return told.length === 0 ? null : told.join(', ');
}

function endpointTelling(data: Fields, tone: Tone, title: string): Telling {
  return {
    tone,
    title,
    facts: [
      ['Endpoint', data.text('name') ?? data.text('endpoint')],
      ['Reason', data.text('reason')],
    ],
  };
}

function errorOf(error: Fields): string | null {
  const name = error.text('name');
  const status = error.count('status');
  return name === null || status === null ? name : `${name} (${status})`;
}

function day(time: string | null): string | null {
  return time === null ? null : time.slice(0, 10);
}
