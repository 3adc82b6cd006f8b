/** Pairs to compare, drawn from the shared data in the same way each time. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export type Pair = [action: string, expert: string];

export interface PairSet {
  name: string;
  pairs: Pair[];
  /** Pairs with the same expert lie together. */
  grouped: boolean;
  /** CPython's autojunk heuristic; some peers lack it. */
  autojunk: boolean;
  /** On the plot, as one length among others. */
  isLength: boolean;
}

const data = process.env.FOOTHOLD_DATA ?? resolve(import.meta.dirname, '../../../shared/data');
if (!existsSync(data))
  throw new Error(`the texts to compare are read from ${data}, which is missing: set FOOTHOLD_DATA`);

/** A linear congruential generator (Numerical Recipes). */
function generator(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}

/** Lines of each solution, without the one that only repeats the answer. */
function gsm8k(): string[][] {
  const rows = readFileSync(join(data, 'gsm8k/train.jsonl'), 'utf8').trimEnd().split('\n');
  return rows
    .map((row) => (JSON.parse(row).answer as string).split('\n').filter((line) => !line.startsWith('####')))
    .filter((lines) => lines.length > 1);
}

/** What an agent wrote in each turn, run by run. */
function sweMessages(): string[][] {
  return readdirSync(join(data, 'swe'))
    .filter((name) => name.endsWith('.traj.json'))
    .sort()
    .map((name) =>
      (JSON.parse(readFileSync(join(data, 'swe', name), 'utf8')).messages as { role: string; content: unknown }[])
        .filter(({ role, content }) => role === 'assistant' && typeof content === 'string')
        .map(({ content }) => content as string),
    );
}

/** Half of the pairs of one solution, as a model's attempt is close to the expert's; half of any two. */
function draw(solutions: string[][], count: number, below: (bound: number) => number): Pair[] {
  const pick = <T>(list: T[]) => list[below(list.length)]!;
  return Array.from({ length: count }, (_, i) => {
    const solution = pick(solutions);
    return [pick(i % 2 === 0 ? solution : pick(solutions)), pick(solution)];
  });
}

const commands = (message: string) => [...message.matchAll(/```bash\n([\s\S]*?)\n```/g)].map((match) => match[1]!);

/** Every set, with the number of pairs that CPython can do in a few seconds. */
export function pairSets(): PairSet[] {
  const below = generator(1);
  const lines = gsm8k();
  const messages = sweMessages();
  const actions = messages.map((run) => run.flatMap(commands)).filter((run) => run.length > 0);
  const plain = { grouped: false, autojunk: false, isLength: false };
  const lineSet = draw(lines, 2000, below);
  const messageSet = draw(messages, 300, below);
  const groups = draw(lines, 250, below).flatMap(([, b]) => draw(lines, 8, below).map(([a]): Pair => [a, b]));
  const everything = messages.flat().join('\n');
  const stretches = (length: number, count: number): Pair[] =>
    Array.from({ length: count }, () => {
      const stretch = () => {
        const at = below(everything.length - length);
        return everything.slice(at, at + length);
      };
      return [stretch(), stretch()];
    });
  const byLength: [number, number][] = [
    [10, 2000],
    [30, 2000],
    [100, 1000],
    [300, 200],
    [1000, 30],
    [3000, 6],
    [10000, 2],
    [20000, 2],
  ];
  return [
    { name: 'GSM8K lines', pairs: lineSet, ...plain },
    { name: 'GSM8K lines, 8 actions an expert', pairs: groups, ...plain, grouped: true },
    { name: 'SWE messages', pairs: messageSet, ...plain },
    { name: 'SWE messages, autojunk', pairs: messageSet, ...plain, autojunk: true },
    { name: 'SWE bash actions', pairs: draw(actions, 600, below), ...plain },
    ...byLength.map(([length, count]) => ({
      name: `${length.toLocaleString('en')} characters`,
      pairs: stretches(length, count),
      ...plain,
      isLength: true,
    })),
  ];
}
