// The name that was probably meant.

/** How many letters must be added, taken away or replaced (Levenshtein). */
const distance = (one: string, other: string): number => {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= other.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (one[i - 1] == other[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[other.length]!;
};

/** The name that differs from `found` in a third of its letters at most, upper and lower case alike. */
export const nearest = (found: string, names: readonly string[]): string | undefined => {
  const far = (name: string) => distance(found.toLowerCase(), name.toLowerCase());
  const [best] = [...names].sort((one, other) => far(one) - far(other));
  return best && far(best) <= Math.ceil(best.length / 3) ? best : undefined;
};
