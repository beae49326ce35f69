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
  const pieces = urls.flatMap(piecesOf).toSorted((a, b) => b.length - a.length);
  const beginnings = new Set(pieces.map((piece) => piece.slice(0, MIN_PIECE)));
  const suspect = new RegExp([...beginnings].map((text) => text.replaceAll(/[^\w]/g, String.raw`\$&`)).join('|'));
  return function blotOut(text) {
    // Most texts have nothing of it: one look says so.
    if (beginnings.size === 0 || !suspect.test(text)) return text;
    // An answer is cut at a cap, which may be in the middle of one.
    const cut = Math.max(0, ...pieces.map((piece) => cutOff(text, piece)));
    const whole = cut === 0 ? text : text.slice(0, -cut) + BLOT;
    return pieces.reduce((rest, piece) => rest.replaceAll(piece, BLOT), whole);
  };
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
  const raw = [pathname + search, pathname, ...segments, ...segments.flatMap((segment) => segment.split(/[^\w.~%-]/))];
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
