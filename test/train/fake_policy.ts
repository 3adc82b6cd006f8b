/**
 * A policy without a network, to test the trainer by: it writes `<think>t</think>` and one random letter for each
 * completion. `p` is the probability of the letter `a`; an update with advantages moves it, so that runs can be compared.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { raggedFromRows, raggedLength, raggedRow } from '../../bindings/ragged.js';
import type {
  CallOptions,
  GenerateRequest,
  LoadOptions,
  ModelConfig,
  Rollouts,
  TokenBatch,
  UpdateBatch,
  UpdateMetrics,
  UpdateOptions,
} from '../../bindings/torch.js';
import type { Tokenizer } from '../../lib/prompt/tokenizer.js';
import type { Engine, TrainablePolicy } from '../../lib/train/policy.js';
import { deriveSeed } from '../../lib/train/random.js';

/** Completion of row `row` of a call, as text, and whether it ends by itself. */
export type Script = (random: number, p: number, prompt: string) => { text: string; finished: boolean };

export const letters: Script = (random, p) => ({ text: `<think>t</think>${random < p ? 'a' : 'b'}`, finished: true });

export class FakePolicy implements TrainablePolicy {
  readonly parameterCount = 1;
  readonly deviceMemory = 0;
  p = 0.5;
  momentum = 0;
  disposed = false;
  readonly updates: { batch: UpdateBatch; options: UpdateOptions }[] = [];
  readonly requests: GenerateRequest[] = [];

  constructor(
    readonly config: ModelConfig,
    private readonly tokenizer: Tokenizer,
    private readonly script: Script,
  ) {}

  async generate(request: GenerateRequest, { signal }: CallOptions = {}): Promise<Rollouts> {
    signal?.throwIfAborted();
    this.requests.push(request);
    const rows: number[][] = [];
    const finished: number[] = [];
    for (let g = 0; g < raggedLength(request.prompts); g++) {
      const prompt = this.tokenizer.decode(raggedRow(request.prompts, g));
      for (let k = 0; k < request.numGenerations; k++) {
        const random = request.temperature === 0 ? 0 : deriveSeed(request.seed, rows.length) / 2 ** 32;
        const made = this.script(random, this.p, prompt);
        rows.push([...this.tokenizer.encode(made.text), ...(made.finished ? [request.eosTokenIds[0]!] : [])]);
        finished.push(Number(made.finished));
      }
    }
    const completions = raggedFromRows(rows);
    const logProbs = new Float32Array(completions.values.length).fill(Math.log(this.p));
    return {
      completions,
      logProbs: { values: logProbs, offsets: completions.offsets },
      finished: Uint8Array.from(finished),
    };
  }

  async logProbs(batch: TokenBatch, _temperature: number, { signal }: CallOptions = {}): Promise<Float32Array> {
    signal?.throwIfAborted();
    return new Float32Array(batch.completions.values.length).fill(Math.log(this.p));
  }

  async update(batch: UpdateBatch, options: UpdateOptions, { signal }: CallOptions = {}): Promise<UpdateMetrics> {
    signal?.throwIfAborted();
    this.updates.push({ batch, options });
    const push = batch.advantages ? batch.advantages.reduce((sum, a, i) => sum + a * ((i % 7) - 3), 0) : 1;
    this.momentum = 0.9 * this.momentum + push;
    this.p = Math.min(0.9, Math.max(0.1, this.p + options.learningRate * this.momentum));
    const numTokens = batch.completions.values.length;
    return {
      loss: push,
      gradNorm: Math.abs(push),
      entropy: 1,
      kl: 0,
      clipRatioLow: 0,
      clipRatioHigh: 0,
      numTokens,
      numMicroBatches: 1,
      skipped: null,
    };
  }

  /** Values as they are when it is called, as with the native core. */
  async save({ weights, optimizer }: { weights: string; optimizer: string }): Promise<void> {
    const [p, momentum] = [JSON.stringify({ p: this.p }), JSON.stringify({ momentum: this.momentum })];
    await writeFile(weights, p);
    await writeFile(optimizer, momentum);
  }

  async loadOptimizer(file: string): Promise<void> {
    this.momentum = JSON.parse(await readFile(file, 'utf8')).momentum;
  }

  dispose(): void {
    this.disposed = true;
  }
}

/** An engine of fake policies, and those it made in order. */
export function fakeEngine(tokenizer: Tokenizer, script: Script = letters): Engine & { policies: FakePolicy[] } {
  const policies: FakePolicy[] = [];
  return {
    policies,
    async load({ config, files }: LoadOptions) {
      const policy = new FakePolicy(config, tokenizer, script);
      policy.p = JSON.parse(await readFile(files[0]!, 'utf8')).p;
      policies.push(policy);
      return policy;
    },
    computeAdvantages(rewards, groupSizes) {
      const advantages = new Float64Array(rewards.length);
      const [means, stds] = [new Float64Array(groupSizes.length), new Float64Array(groupSizes.length)];
      let from = 0;
      groupSizes.forEach((size, g) => {
        const group = [...rewards.subarray(from, from + size)];
        const finite = group.filter(Number.isFinite);
        const mean = finite.reduce((a, b) => a + b, 0) / finite.length;
        const std = Math.sqrt(finite.reduce((a, b) => a + (b - mean) ** 2, 0) / finite.length);
        [means[g], stds[g]] = [mean, std];
        group.forEach((reward, k) => {
          advantages[from + k] = Number.isFinite(reward) && std > 0 ? (reward - mean) / (std + 1e-4) : 0;
        });
        from += size;
      });
      return { advantages, mean: means, std: stds };
    },
  };
}
