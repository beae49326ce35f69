// What is told of what other programs said: a town's escalations, notices, and what happens in a city.
import { clip } from './clip.ts';
import type { Fields } from './fields.ts';
import type { Tone } from './note.ts';
import type { Telling } from './telling.ts';

const TONE: Readonly<Record<string, Tone>> = { low: 'info', medium: 'warn' };
/** Of a text that has no heading of its own; Slack has room for some more. */
const MAX_HEADING = 100;
const MAX_TEXT = 600;

export const HEARD: Readonly<Record<string, (data: Fields) => Telling>> = {
  'escalation.raised': (data) =>
    escalationTelling(data, { text: data.text('text'), bead: data.text('bead'), severity: data.text('severity') }),
  // As a bridge reads it in the town, which names the bead where a rig would stand.
  'town.escalation_sent'(data) {
    const { text } = data.inner('payload');
    const severity = text('severity') ?? text('new_severity');
    return escalationTelling(data, { text: text('reason'), bead: text('rig') ?? text('escalation_id'), severity });
  },
  'notice.received'(data) {
    const text = data.text('text') ?? 'without a text';
    return {
      tone: data.text('priority') === 'success' ? 'good' : 'info',
      title: `Notice: ${clip(text, MAX_HEADING)}`,
      facts: [wholeOf(text), ['By', data.text('session')], ['Channel', data.text('channel')], cameBy(data)],
    };
  },
  'city.event': (data) => ({
    tone: 'info',
    title: `In the city: ${data.text('type') ?? 'something'}`,
    facts: [
      ['Actor', data.text('actor')],
      ['Subject', data.text('subject')],
      ['Message', data.text('message')],
      cameBy(data),
    ],
  }),
};

interface Said {
  readonly severity: string | null;
  readonly text: string | null;
  readonly bead: string | null;
}

function escalationTelling(data: Fields, { severity, text, bead }: Said): Telling {
  const [level, what] = [severity ?? 'severity unknown', text ?? 'without a text'];
  return {
    tone: (Object.hasOwn(TONE, level) ? TONE[level] : undefined) ?? 'bad',
    title: `Escalation (${level}): ${clip(what, MAX_HEADING)}`,
    facts: [
      wholeOf(what),
      ['Bead', bead],
      ['Acknowledge', bead === null ? null : `gt escalate ack ${bead}`],
      ['Channel', data.text('channel')],
      cameBy(data),
    ],
  };
}

type Fact = Telling['facts'][number];

/** Where the heading is not all of it. */
function wholeOf(text: string): Fact {
  return ['Text', text.length > MAX_HEADING ? clip(text, MAX_TEXT) : null];
}

function cameBy(data: Fields): Fact {
  return ['Came by', data.inner('inbound').text('name')];
}
