/** `foothold bench rollout` and `update`: the two halves of a training step, each by itself, on a random model. */
import { type Ragged, raggedFromRows } from '../../bindings/ragged.js';
import { type Placement, Policy, type ProductPasses } from '../../bindings/torch.js';
import { largePass, productOperations, rolloutBytes } from './cost.js';
import { rolloutPasses, updatePasses } from './passes.js';
import { type ShapeName, shapes } from './shapes.js';
import { ratioSpread, type Spread, spread } from './spread.js';
import { benchPrompts, benchUpdateOptions, type Work } from './work.js';

export interface ModelBenchOptions extends Placement, Work {
  shape: ShapeName;
  repetitions: number;
  /** Called after each repetition, the one that warms up included. */
  onRepetition?: (done: number, total: number) => void;
}

export interface ModelBenchResult {
  shape: ShapeName;
  parameters: number;
  device: string;
  dtype: string;
  work: Work;
  /** Seconds of a repetition. */
  seconds: Spread;
  /** Completion tokens per second. */
  tokensPerSecond: Spread;
  /** Seconds that its matrix products take by themselves, timed right after each repetition. */
  productSeconds: Spread;
  /** Their share of the whole. */
  productShare: Spread;
  /** Floating-point operations of the matrix products, per second of the whole. */
  operationsPerSecond: Spread;
  /** The same of large matrix products by themselves on this device: what it reaches at its best. */
  largeProductOperationsPerSecond: number;
  /** Rollouts: bytes of weights and caches that must be read, per second of the whole. */
  bytesPerSecond?: Spread;
  /** Largest resident memory of the process so far, in bytes. Memory of a GPU is not in it. */
  peakBytes: number;
}

/** One repetition: what it did, so that its products can be timed by themselves. */
type Repetition = (policy: Policy, index: number) => Promise<Done>;
interface Done {
  seconds: number;
  tokens: number;
  passes: ProductPasses;
  bytes?: number;
}

/** Sample completions of full length: no token ends them. */
export function benchRollout(options: ModelBenchOptions): Promise<ModelBenchResult> {
  const prompts = benchPrompts(options, shapes[options.shape].vocabSize);
  return measure(options, async (policy, seed) => {
    const begin = performance.now();
    const { completions } = await policy.generate({
      prompts,
      numGenerations: options.generations,
      maxCompletionLength: options.completionLength,
      temperature: 1,
      seed,
      eosTokenIds: [],
    });
    const seconds = (performance.now() - begin) / 1000;
    const lengths = new Array<number>(options.prompts * options.generations).fill(options.completionLength);
    const bytes = rolloutBytes(shapes[options.shape], options.dtype, options, lengths);
    return { seconds, tokens: completions.values.length, passes: rolloutPasses(options, lengths), bytes };
  });
}

/** One GRPO step with AdamW on given completions, on-policy, with the settings that a training run has by default. */
export function benchUpdate(options: ModelBenchOptions): Promise<ModelBenchResult> {
  const { vocabSize } = shapes[options.shape];
  const prompts = benchPrompts(options, vocabSize);
  const completions = drawCompletions(options, vocabSize);
  const lengths = Array.from({ length: completions.offsets.length - 1 }, () => options.completionLength);
  const groupSizes = new Int32Array(options.prompts).fill(options.generations);
  const advantages = Float64Array.from(lengths, (_, i) => (i % 2 === 0 ? 1 : -1));
  return measure(options, async (policy) => {
    const begin = performance.now();
    const { numMicroBatches } = await policy.update(
      { prompts, groupSizes, completions, advantages },
      benchUpdateOptions(policy, options.completionLength),
    );
    const seconds = (performance.now() - begin) / 1000;
    return { seconds, tokens: completions.values.length, passes: updatePasses(options, lengths, numMicroBatches) };
  });
}

function drawCompletions({ prompts, generations, completionLength }: Work, vocabSize: number): Ragged {
  const row = (i: number) => Array.from({ length: completionLength }, (_, t) => (i * 104_729 + t * 1299) % vocabSize);
  return raggedFromRows(Array.from({ length: prompts * generations }, (_, i) => row(i)));
}

async function measure(options: ModelBenchOptions, repeat: Repetition): Promise<ModelBenchResult> {
  const { shape, repetitions, device, dtype, onRepetition } = options;
  const { prompts, promptLength, generations, completionLength } = options;
  const policy = await Policy.random(shapes[shape], { device, dtype, seed: 0 });
  try {
    const seconds: number[] = [];
    const productSeconds: number[] = [];
    let last: Done | undefined;
    for (let i = 0; i <= repetitions; i++) {
      const repetition = await repeat(policy, i);
      const products = (await policy.timeProducts(repetition.passes)).reduce((sum, one) => sum + one, 0);
      onRepetition?.(i + 1, repetitions + 1);
      if (i === 0) continue; // warms up: caches, thread pools, the optimizer's state
      seconds.push(repetition.seconds);
      productSeconds.push(products);
      last = repetition;
    }
    const { tokens, passes, bytes } = last!;
    const operations = productOperations(policy.config, passes);
    return {
      shape,
      parameters: policy.parameterCount,
      device: policy.device,
      dtype,
      work: { prompts, promptLength, generations, completionLength },
      seconds: spread(seconds),
      tokensPerSecond: spread(seconds.map((one) => tokens / one)),
      productSeconds: spread(productSeconds),
      productShare: ratioSpread(productSeconds, seconds),
      operationsPerSecond: spread(seconds.map((one) => operations / one)),
      largeProductOperationsPerSecond: await largeProductRate(policy),
      ...(bytes !== undefined && { bytesPerSecond: spread(seconds.map((one) => bytes / one)) }),
      peakBytes: process.resourceUsage().maxRSS * 1024,
    };
  } finally {
    policy.dispose();
  }
}

/** The best of a few, behind one that warms up. */
async function largeProductRate(policy: Policy): Promise<number> {
  const pass = largePass(policy.device);
  const seconds: number[] = [];
  for (let i = 0; i < 6; i++) seconds.push((await policy.timeProducts(pass))[0]!);
  return productOperations(policy.config, pass) / Math.min(...seconds.slice(1));
}
