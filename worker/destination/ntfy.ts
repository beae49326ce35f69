// ntfy, the public server or one's own: the topic's URL as it is shared, posted to as JSON. Its text has no markup.
import { chat } from './chat.ts';
import { clip, utf8, asIs } from './clip.ts';
import type { Note, Tone } from './note.ts';

/** In bytes; a longer message becomes a file. */
const MAX_MESSAGE = 4_096;
const MAX_TITLE = 1_000;

const PRIORITY = { good: 3, info: 3, warn: 4, bad: 5 } as const satisfies Record<Tone, number>;
const TAG = {
  good: 'white_check_mark',
  info: 'information_source',
  warn: 'warning',
  bad: 'x',
} as const satisfies Record<Tone, string>;

export const ntfy = chat({
  hosts: null,
  faultOf: ({ pathname }) =>
    /^\/[\w-]{1,64}$/.test(pathname) ? null : 'url must be that of a topic, such as https://ntfy.sh/my-topic',
  write(note, url) {
    // JSON goes to the server's root; what stands behind the topic, such as ?auth=, goes with it.
    const to = new URL(url);
    to.pathname = '/';
    return { body: ntfyMessage(note, url.pathname.slice(1)), to };
  },
});

export function ntfyMessage({ tone, title, facts, link }: Note, topic: string) {
  const lines = facts.map(({ name, value }) => `${name}: ${value}`);
  // Without a message ntfy would say "triggered".
  const message = clip(lines.length === 0 ? title : lines.join('\n'), MAX_MESSAGE, asIs, utf8);
  const click = link === null ? {} : { click: link };
  return {
    topic,
    title: clip(title, MAX_TITLE, asIs, utf8),
    message,
    priority: PRIORITY[tone],
    tags: [TAG[tone]],
    ...click,
  };
}
