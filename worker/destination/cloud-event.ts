// An event as a CloudEvent 1.0 in the structured mode: one JSON object, its attributes beside the data
// (github.com/cloudevents/spec, spec.md and formats/json-format.md).
import type { PublicEvent } from '../event/event.ts';

/** The specification would have a reverse domain name before a type. We have no domain; the name keeps ours from others' types. */
export const TYPE_PREFIX = 'gasline.';

/** Where and who an event comes from are extensions: lower-case letters and digits alone may name one. */
export function cloudEvent(event: PublicEvent) {
  const { id, type, timestamp, session, data, source, origin } = event;
  const { project, town } = source;
  const attributes = {
    source: `urn:gasline:source:${encodeURIComponent(source.id.toWellFormed())}`,
    id,
    type: `${TYPE_PREFIX}${type}`,
    subject: session,
    time: timestamp,
    // Text, as the specification's integers end at 2^31.
    gaslineseq: event.seq.toString(),
    gaslinereceived: event.received_at,
    gaslineorigin: origin.id,
    gaslineoriginseq: origin.seq.toString(),
    gaslinehost: source.host,
    gaslinemember: source.member,
    gaslineproject: project?.id ?? null,
    gaslineprojectname: project?.name ?? null,
    gaslinebranch: source.branch,
    gaslinetown: town?.town ?? null,
    gaslinerole: town?.role ?? null,
    gaslinerig: town?.rig ?? null,
    gaslineworker: town?.worker ?? null,
    gaslinebead: town?.bead ?? null,
    gaslineplugin: source.plugin_version,
    gaslineopencode: source.opencode_version,
  };
  const given = Object.entries(attributes).flatMap(([name, value]) =>
    value === null || value === '' ? [] : [[name, allowed(value)]],
  );
  const backfill = source.backfill === undefined ? {} : { gaslinebackfill: source.backfill };
  return {
    specversion: '1.0',
    ...Object.fromEntries(given),
    ...backfill,
    datacontenttype: 'application/json',
    data,
  };
}

/** No attribute may hold control characters, halves of surrogate pairs or what Unicode says is no character. */
function allowed(text: string): string {
  return text.toWellFormed().replaceAll(/[\p{Cc}\p{Noncharacter_Code_Point}]/gu, '\uFFFD');
}
