/** What the trainer needs of the native core, so that a test can stand in for it. */
import type {
  Advantages,
  CallOptions,
  GenerateOptions,
  GenerateRequest,
  LoadOptions,
  ModelConfig,
  Rollouts,
  TokenBatch,
  UpdateBatch,
  UpdateMetrics,
  UpdateOptions,
} from '../../bindings/torch.js';

/** The weights that are trained, with their optimizer. See `Policy` in `bindings/torch.ts`. */
export interface TrainablePolicy {
  readonly config: ModelConfig;
  readonly parameterCount: number;
  /** Bytes of memory that the device has of its own; 0 for the CPU, which has the machine's. */
  readonly deviceMemory: number;
  generate(request: GenerateRequest, call?: GenerateOptions): Promise<Rollouts>;
  logProbs(batch: TokenBatch, temperature: number, call?: CallOptions): Promise<Float32Array>;
  update(batch: UpdateBatch, options: UpdateOptions, call?: CallOptions): Promise<UpdateMetrics>;
  save(files: { weights: string; optimizer: string }): Promise<void>;
  loadOptimizer(file: string): Promise<void>;
  dispose(): void;
}

export interface Engine {
  load(options: LoadOptions): Promise<TrainablePolicy>;
  /** Advantages of completions in groups, `rewards` ordered group by group. */
  computeAdvantages(rewards: Float64Array, groupSizes: Int32Array, scale: 'group' | 'batch' | 'none'): Advantages;
}

/** The LibTorch addon. Loading it is left to the first run, so that commands that need no model start at once. */
export async function nativeEngine(): Promise<Engine> {
  const { Policy, computeAdvantages } = await import('../../bindings/torch.js');
  return { load: (options) => Policy.load(options), computeAdvantages };
}
