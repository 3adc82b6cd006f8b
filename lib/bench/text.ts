/** Results of `foothold bench` as text for people. */
import type { BenchMachine } from './machine.js';
import type { ModelBenchResult } from './model.js';
import type { RewardBenchResult } from './reward.js';
import type { Spread } from './spread.js';

type Format = (value: number) => string;
const threeDigits: Format = (value) => Number(value.toPrecision(3)).toLocaleString('en');
const seconds: Format = (value) => `${value < 1 ? value.toFixed(3) : value.toFixed(2)} s`;
const percent: Format = (value) => `${(100 * value).toFixed(0)} %`;

/** With the prefix that leaves one to three digits before the point. */
const prefixed =
  (unit: string): Format =>
  (value) => {
    const power = Math.min(4, Math.max(0, Math.floor(Math.log10(value) / 3)));
    return `${threeDigits(value / 1000 ** power)} ${['', 'k', 'M', 'G', 'T'][power]}${unit}`;
  };

const withRange = ({ median, min, max }: Spread, format: Format) =>
  `${format(median)} (${format(min)} to ${format(max)})`;

export function modelText(
  name: string,
  result: ModelBenchResult,
  repetitions: number,
  kernels: readonly string[],
  machine: BenchMachine,
): string {
  const { prompts, promptLength, generations, completionLength } = result.work;
  return rows(
    `${name}, shape ${result.shape}: ${prompts} prompts of ${promptLength} tokens × ${generations} completions of ${completionLength}`,
    {
      weights: `${(result.parameters / 1e6).toFixed(1)} million, ${result.dtype} on ${result.device}`,
      time: withRange(result.seconds, seconds),
      'tokens/s': `${withRange(result.tokensPerSecond, threeDigits)} of completions`,
      'matrix products': `${withRange(result.productSeconds, seconds)} by themselves: ${withRange(result.productShare, percent)} of the time`,
      arithmetic: arithmeticText(result),
      ...(result.bytesPerSecond && {
        'memory read': `${withRange(result.bytesPerSecond, prefixed('B/s'))} of weights and caches`,
      }),
      'peak memory': `${(result.peakBytes / 2 ** 30).toFixed(2)} GiB of the process`,
      ...(kernels.length > 0 && { kernels: kernels.join('; ') }),
      machine: machineText(machine),
    },
    repetitions,
  );
}

function arithmeticText({ operationsPerSecond, largeProductOperationsPerSecond: best }: ModelBenchResult): string {
  const rate = withRange(operationsPerSecond, prefixed('FLOP/s'));
  return `${rate}: ${percent(operationsPerSecond.median / best)} of the ${prefixed('FLOP/s')(best)} that large matrix products reach here`;
}

export function rewardText(results: readonly RewardBenchResult[], repetitions: number, machine: BenchMachine): string {
  const lines = results.map(
    ({ set, pairs, meanLength, threads, pairsPerSecond }) =>
      [
        `${set}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`,
        `${withRange(pairsPerSecond, threeDigits)} pairs/s; ${pairs} pairs, mean length ${Math.round(meanLength)}`,
      ] as const,
  );
  const facts = { ...Object.fromEntries(lines), machine: machineText(machine) };
  return rows("reward: SequenceMatcher's ratio of pairs of texts", facts, repetitions);
}

function rows(title: string, facts: Record<string, string>, repetitions: number): string {
  const width = Math.max(...Object.keys(facts).map((name) => name.length));
  const lines = Object.entries(facts).map(([name, value]) => `  ${name.padEnd(width)}  ${value}`);
  return `${title}\nMedian of ${repetitions} repetitions (least to most).\n\n${lines.join('\n')}\n`;
}

export function machineText({ processor, cores, libTorch, node, foothold, load }: BenchMachine): string {
  const torch = libTorch ? [`${libTorch.threads} threads`, `LibTorch ${libTorch.version}`] : [];
  return [`${processor}, ${cores} cores`, ...torch, `Node ${node}`, `Foothold ${foothold}`, `load ${load}`].join(', ');
}
