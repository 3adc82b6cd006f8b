/** The policy: a transformer with its optimizer, held by the LibTorch addon. */
import { UserError } from './errors.js';
import { loadTorchAddon } from './libtorch.js';
import type {
  CallOptions,
  GenerateOptions,
  GenerateRequest,
  LoadOptions,
  ModelConfig,
  Placement,
  ProductPasses,
  Rollouts,
  TokenBatch,
  UpdateBatch,
  UpdateMetrics,
  UpdateOptions,
} from './torch.js';

/** A native call on its way. */
interface Call<T> {
  promise: Promise<T>;
  cancel(): void;
}
type OnProgress = ((done: number, total: number, ended?: NativeRollouts & { rows: Int32Array }) => void) | undefined;
interface NativeRollouts {
  tokens: Int32Array;
  offsets: Int32Array;
  logProbs: Float32Array;
  finished: Uint8Array;
}

/** What is known of weights once they are in place. */
interface Placed {
  parameterCount: number;
  device: string;
  deviceMemory: number;
}

/** The class of bindings/torch/policy.cc. */
interface NativePolicy {
  load(options: LoadOptions): Call<Placed>;
  random(options: Placement & { config: ModelConfig; seed: number }): Call<Placed>;
  generate(request: GenerateRequest, onProgress: OnProgress, tellEnded: boolean): Call<NativeRollouts>;
  logProbs(batch: TokenBatch & { temperature: number }, onProgress: OnProgress): Call<Float32Array>;
  logits(request: { tokens: Int32Array }): Call<Float32Array>;
  update(batch: UpdateBatch, options: UpdateOptions, onProgress: OnProgress): Call<UpdateMetrics>;
  timeProducts(request: ProductPasses): Call<Float64Array>;
  parameter(request: { name: string }): Call<Float32Array>;
  saveWeights(request: { file: string }): Call<void>;
  saveOptimizer(request: { file: string }): Call<void>;
  loadOptimizer(request: { file: string }): Call<void>;
  save(files: { weights: string; optimizer: string }): Call<void>;
  dispose(): Call<void>;
}

/**
 * Weights, optimizer state and caches of one model. Calls run in the order in which they were made, on a thread of the
 * policy's own, so that the event loop stays free. Errors carry a `code`: FOOTHOLD_MODEL or FOOTHOLD_FORMAT for files,
 * FOOTHOLD_ARGUMENT for values that do not fit together, FOOTHOLD_DEVICE (a UserError) for a device that there is not,
 * FOOTHOLD_OUT_OF_MEMORY.
 */
export class Policy {
  #native: NativePolicy | null;
  readonly config: ModelConfig;
  /** Number of trainable weights, tied ones once. */
  readonly parameterCount: number;
  /** Where the weights are: `cpu` or `cuda:<n>`. */
  readonly device: string;
  /** Bytes of memory that the device has of its own; 0 for the CPU, which has the machine's. */
  readonly deviceMemory: number;

  private constructor(native: NativePolicy, config: ModelConfig, placed: Placed) {
    this.#native = native;
    this.config = config;
    this.parameterCount = placed.parameterCount;
    this.device = placed.device;
    this.deviceMemory = placed.deviceMemory;
  }

  /** Load weights from safetensors shards or a GGUF file; every tensor is checked by name and shape. */
  static async load(options: LoadOptions): Promise<Policy> {
    return Policy.#place(options.config, (native) => native.load(options));
  }

  /** New weights: matrices from a normal distribution of standard deviation 0.02, the same for a seed on every device. */
  static async random(config: ModelConfig, placement: Placement & { seed: number }): Promise<Policy> {
    return Policy.#place(config, (native) => native.random({ ...placement, config }));
  }

  static async #place(config: ModelConfig, place: (native: NativePolicy) => Call<Placed>): Promise<Policy> {
    const native = createNative();
    try {
      return new Policy(native, config, await placed(place(native)));
    } catch (error) {
      release(native); // its threads would otherwise last until it is collected
      throw error;
    }
  }

  /** Sample completions of a batch of prompts. See {@link GenerateRequest} and {@link Rollouts}. */
  async generate(request: GenerateRequest, options: GenerateOptions = {}): Promise<Rollouts> {
    const tellEnded = options.onCompletions !== undefined;
    return rollouts(await run(options, (onProgress) => this.#live().generate(request, onProgress, tellEnded)));
  }

  /** Log-probability of every completion token, in the batch's order, under softmax(logits / temperature). */
  async logProbs(batch: TokenBatch, temperature: number, options: CallOptions = {}): Promise<Float32Array> {
    return run(options, (onProgress) => this.#live().logProbs({ ...batch, temperature }, onProgress));
  }

  /** Logits of one row of tokens, `[tokens.length, vocabSize]` row-major. For tests and inspection. */
  async logits(tokens: Int32Array): Promise<Float32Array> {
    return this.#live().logits({ tokens }).promise;
  }

  /**
   * One optimizer step on a batch. When it is aborted or fails, weights and optimizer are as before. An error that a
   * listener throws ends the call too; thrown after the last micro-batch it may come too late, and the step is made.
   */
  async update(batch: UpdateBatch, options: UpdateOptions, call: CallOptions = {}): Promise<UpdateMetrics> {
    return run(call, (onProgress) => this.#live().update(batch, options, onProgress));
  }

  /** Seconds that the matrix products of each pass take by themselves. For benchmarks; changes nothing. */
  async timeProducts(passes: ProductPasses, call: CallOptions = {}): Promise<Float64Array> {
    return run(call, () => this.#live().timeProducts(passes));
  }

  /** Values of one weight by its Hugging Face name, in float32. For tests and inspection. */
  async parameter(name: string): Promise<Float32Array> {
    return this.#live().parameter({ name }).promise;
  }

  /** Write the weights, under their Hugging Face names, into one safetensors file; written beside and renamed. */
  async saveWeights(file: string): Promise<void> {
    return this.#live().saveWeights({ file }).promise;
  }

  /** Write the optimizer's state (and the float32 masters of bfloat16 weights) into one safetensors file. */
  async saveOptimizer(file: string): Promise<void> {
    return this.#live().saveOptimizer({ file }).promise;
  }

  /**
   * Write weights and optimizer as the calls made before leave them, beside the calls made after: those that only read
   * the weights go on, an update waits before it changes them. Needs no memory for a copy on the CPU; on another device
   * as much of the host's as the larger of the two files.
   */
  async save(files: { weights: string; optimizer: string }): Promise<void> {
    return this.#live().save(files).promise;
  }

  /** Read back what {@link saveOptimizer} wrote; the next step is then bitwise the one it would have been. */
  async loadOptimizer(file: string): Promise<void> {
    return this.#live().loadOptimizer({ file }).promise;
  }

  /** Free the weights and end their threads, after the calls already made. Later calls are refused; disposing twice does nothing. */
  dispose(): void {
    const native = this.#native;
    this.#native = null;
    if (native) release(native);
  }

  #live(): NativePolicy {
    if (!this.#native) throw new Error('This policy was disposed; load it again to use it');
    return this.#native;
  }
}

function rollouts({ tokens, offsets, logProbs, finished }: NativeRollouts): Rollouts {
  return { completions: { values: tokens, offsets }, logProbs: { values: logProbs, offsets }, finished };
}

/** Wait for a policy's weights. A device that there is not is the user's to put right. */
async function placed(call: Call<Placed>): Promise<Placed> {
  try {
    return await call.promise;
  } catch (cause) {
    const { code, message } = cause as Error & { code?: string };
    if (code === 'FOOTHOLD_DEVICE') throw new UserError(message, code, { cause });
    throw cause;
  }
}

function createNative(): NativePolicy {
  const { NativePolicy } = loadTorchAddon() as { NativePolicy: new () => NativePolicy };
  return new NativePolicy();
}

function release(native: NativePolicy): void {
  native.dispose().promise.catch(() => {});
}

/** Start a native call, tie it to the abort signal, and wait for it. What a listener throws ends the call. */
async function run<T>(options: GenerateOptions, start: (onProgress: OnProgress) => Call<T>): Promise<T> {
  const { signal, onProgress, onCompletions } = options;
  signal?.throwIfAborted();
  let thrown: { error: unknown } | undefined;
  const listen: OnProgress = (done, total, ended) => {
    if (thrown || signal?.aborted) return;
    try {
      onProgress?.({ done, total });
      if (ended) onCompletions?.({ ...rollouts(ended), rows: ended.rows });
    } catch (error) {
      thrown = { error };
      call.cancel();
    }
  };
  const call = start(onProgress || onCompletions ? listen : undefined);
  const cancel = () => call.cancel();
  signal?.addEventListener('abort', cancel, { once: true });
  try {
    const result = await call.promise;
    if (thrown) throw thrown.error;
    return result;
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    if (code === 'FOOTHOLD_NOT_FINITE') throw new UserError(`${message}.`, code, { cause: error });
    if (code !== 'FOOTHOLD_ABORTED') throw error;
    if (thrown) throw thrown.error;
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', cancel);
  }
}
