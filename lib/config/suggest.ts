/** Number of edits that turn `a` into `b`: insert, delete, replace a character or swap two neighbours. */
function editDistance(a: string, b: string): number {
  let [before, row] = [[] as number[], Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replace, row[j]! + 1, next[j - 1]! + 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        next[j] = Math.min(next[j]!, before[j - 2]! + 1);
      }
    }
    [before, row] = [row, next];
  }
  return row[b.length]!;
}

/** Longer than any name there is, with room for a mistake; the distance takes time with the product of the lengths. */
const MAX_LENGTH = 100;

/** Case and separators do not count: `learning_rate` is near `learningRate`. */
const plain = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, '');

/** The names that `given` may have been meant as, best first; none when nothing is close. */
export function nearNames(given: string, names: readonly string[]): string[] {
  if (given.length > MAX_LENGTH) return [];
  const limit = Math.max(1, Math.floor(given.length / 3));
  return names
    .map((name) => ({ name, distance: editDistance(plain(given), plain(name)) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ name }) => name);
}
