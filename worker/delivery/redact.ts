// An attempt keeps words of the receiver's answer, or of an error, for whoever may read, and the URL of many endpoints is their
// secret. Servers like to repeat it ("Cannot POST /hooks/…"): what of it comes back is blotted out before anybody keeps it.
const BLOT = '…';
/** Nobody's secret is shorter, and short words such as "hook" would leave holes in every text. */
const MIN_PIECE = 6;

export function redact(text: string, url: string): string {
  const pieces = piecesOf(url);
  const blotted = pieces.reduce((rest, piece) => rest.replaceAll(piece, BLOT), text);
  // An answer is cut at a cap, which may be in the middle of one.
  for (const piece of pieces) {
    for (let length = piece.length - 1; length >= MIN_PIECE; length -= 1) {
      if (blotted.endsWith(piece.slice(0, length))) return blotted.slice(0, -length) + BLOT;
    }
  }
  return blotted;
}

/** Path and query, and each part of them, as they are and decoded: the longest first. Where it leads everybody may know. */
function piecesOf(url: string): string[] {
  if (!URL.canParse(url)) return [url];
  const { pathname, search, hash } = new URL(url);
  const parts = [...pathname.split('/'), ...search.slice(1).split(/[&=]/), hash.slice(1)];
  const raw = [pathname + search, pathname, ...parts];
  const pieces = new Set(raw.flatMap((piece) => [piece, decoded(piece)]));
  return [...pieces].filter((piece) => piece.length >= MIN_PIECE).toSorted((a, b) => b.length - a.length);
}

function decoded(piece: string): string {
  try {
    return decodeURIComponent(piece);
  } catch {
    // Not every path is an encoded text.
    return piece;
  }
}
