// An attempt keeps words of the receiver's answer, or of an error, for whoever may read, and the URL of many endpoints is their
// secret. Servers like to repeat it ("Cannot POST /hooks/…"): what of it comes back is blotted out before anybody keeps it.
const BLOT = '…';
/** Nobody's secret is shorter, and short words such as "hook" would leave holes in every text. */
const MIN_PIECE = 6;

export type Redact = (text: string) => string;

export function redact(text: string, url: string): string {
  return redactorOf(url)(text);
}

/** Of several URLs' parts; to be made once for many texts. */
export function redactorOf(...urls: readonly string[]): Redact {
  const pieces = urls
    .flatMap(piecesOf)
    .map(lowered)
    .toSorted((a, b) => b.length - a.length);
  const beginnings = new Set(pieces.map((piece) => piece.slice(0, MIN_PIECE)));
  const suspect = new RegExp([...beginnings].map(literal).join('|'), 'i');
  const patterns = pieces.map((piece) => new RegExp(literal(piece), 'gi'));
  return function blotOut(text) {
    // Most texts have nothing of it: one look says so.
    if (beginnings.size === 0 || !suspect.test(text)) return text;
    // An answer is cut at a cap, which may be in the middle of one.
    const low = lowered(text);
    const cut = Math.max(0, ...pieces.map((piece) => cutOff(low, piece)));
    const whole = cut === 0 ? text : text.slice(0, -cut) + BLOT;
    return patterns.reduce((rest, pattern) => rest.replace(pattern, BLOT), whole);
  };
}

/** Servers spell what they repeat as they like: `%2F` for `%2f`, a path in small letters. No character changes its length so. */
function lowered(text: string): string {
  return text.replaceAll(/[A-Z]+/g, (capitals) => capitals.toLowerCase());
}

function literal(text: string): string {
  return text.replaceAll(/[^\w]/g, String.raw`\$&`);
}

/** How much of a piece's beginning a text ends with. */
function cutOff(text: string, piece: string): number {
  const beginning = piece.slice(0, MIN_PIECE);
  let at = text.indexOf(beginning, Math.max(0, text.length - piece.length + 1));
  while (at !== -1 && !piece.startsWith(text.slice(at))) at = text.indexOf(beginning, at + 1);
  return at === -1 ? 0 : text.length - at;
}

/** Path and query, and each part of them, as they are and decoded. Where it leads everybody may know. */
function piecesOf(url: string): string[] {
  if (!URL.canParse(url)) return url.length < MIN_PIECE ? [] : [url];
  const { pathname, search, hash } = new URL(url);
  const segments = (pathname + search + hash).split(/[/?&=#,]/);
  // Some write an escaped character out, or escape it anew: then what stands between is all that is left to know it by.
  const parts = segments.flatMap((segment) => [...segment.split(/[^\w.~%-]/), ...segment.split(/%[\da-f]{2}/i)]);
  const raw = [pathname + search, pathname, ...segments, ...parts];
  const pieces = new Set(raw.flatMap((piece) => [piece, decoded(piece)]));
  return [...pieces].filter((piece) => piece.length >= MIN_PIECE);
}

function decoded(piece: string): string {
  try {
    return decodeURIComponent(piece);
  } catch {
    // Not every path is an encoded text.
    return piece;
  }
}
