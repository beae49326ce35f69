// Which of a source's events the team has: all up to `high` except the gaps. The union of what arrived is the same for every
// order, split and repeat of the batches, so what this says to be fresh is applied exactly once.

export interface Range {
  readonly first: number;
  readonly last: number;
}

export interface Coverage {
  readonly high: number;
  /** Ascending, disjoint, all below `high`. */
  readonly gaps: readonly Range[];
}

/** The sequence numbers in `seqs` that are new, in their order there, and the coverage once they are stored. */
export function cover(held: Coverage, seqs: readonly number[]): { fresh: Set<number>; coverage: Coverage } {
  const fresh = new Set<number>();
  const gaps = [...held.gaps];
  let high = held.high;
  for (const seq of seqs) {
    if (seq > high) {
      if (seq > high + 1) gaps.push({ first: high + 1, last: seq - 1 });
      high = seq;
      fresh.add(seq);
      continue;
    }
    const index = gaps.findIndex((gap) => gap.first <= seq && seq <= gap.last);
    const gap = gaps[index];
    if (gap === undefined) continue;
    gaps.splice(index, 1, ...without(gap, seq));
    fresh.add(seq);
  }
  return { fresh, coverage: { high, gaps } };
}

function without(gap: Range, seq: number): Range[] {
  const left = { first: gap.first, last: seq - 1 };
  const right = { first: seq + 1, last: gap.last };
  return [left, right].filter((range) => range.first <= range.last);
}
