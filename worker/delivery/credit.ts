// How much of a live stream may be under way. A socket takes whatever it is given and says nothing of how much has arrived, so a
// follower that is slow would fill our memory: what was sent and not acknowledged is counted, and there is an end to it.

/** Some events in a row that were sent, up to a position. */
export interface Sent {
  readonly upTo: number;
  readonly events: number;
  /** The length of their JSON. */
  readonly text: number;
}

/** The oldest first. */
export type UnderWay = readonly Sent[];

export interface Room {
  readonly events: number;
  readonly text: number;
}

const MOST: Room = { events: 256, text: 262_144 };
/** A piece with what may come between two acknowledgements, 100 events or 64 KB, is far below the most. */
const PIECE: Room = { events: 64, text: 65_536 };

/** No room at all once either is used up. The last event may be longer than the text there is room for: else none that is could ever be sent. */
export function roomOf(underWay: UnderWay): Room {
  const used = sumOf(underWay);
  const room = { events: MOST.events - used.events, text: MOST.text - used.text };
  return room.events > 0 && room.text > 0 ? room : { events: 0, text: 0 };
}

/** All up to a position has arrived. */
export function acknowledged(underWay: UnderWay, upTo: number): UnderWay {
  return underWay.filter((sent) => sent.upTo > upTo);
}

/** In so few pieces that they can be kept with a socket, which takes 2 KB; each can be acknowledged only as a whole then. */
export function inPieces(underWay: UnderWay): UnderWay {
  const pieces: Sent[] = [];
  for (const sent of underWay) {
    const last = pieces.at(-1);
    if (last === undefined || last.events >= PIECE.events || last.text >= PIECE.text) pieces.push(sent);
    else pieces.splice(-1, 1, { upTo: sent.upTo, events: last.events + sent.events, text: last.text + sent.text });
  }
  return pieces;
}

function sumOf(underWay: UnderWay): Room {
  let [events, text] = [0, 0];
  for (const sent of underWay) {
    events += sent.events;
    text += sent.text;
  }
  return { events, text };
}
