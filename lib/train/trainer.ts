/** A run: its stages one after the other, step by step, with validation, checkpoints and a clean stop. */
import type { RunConfig } from '../config/index.js';
import { loadModelSource, type ModelSource } from '../model/source.js';
import type { RewardFunction } from '../reward/index.js';
import {
  checkpointFolder,
  exportModel,
  firstState,
  lastCheckpoint,
  pruneCheckpoints,
  type RunState,
  saveCheckpoint,
} from './checkpoint.js';
import { firstProgress, type Phase, type RlContext, type SftContext, type StepCall } from './context.js';
import { environment } from './environment.js';
import { type Engine, nativeEngine } from './policy.js';
import { type Metrics, position, type Sample } from './record.js';
import { RunDirectory } from './run_directory.js';
import { sftStep } from './sft.js';
import { closeStage, isRl, openStage, type StageResources } from './stage.js';
import { rlStep } from './step.js';
import { type Tracker, Trackers, tracked } from './tracker.js';
import { validateRl, validateSft } from './validate.js';

export interface TrainerOptions {
  /** Rewards given in code, by the names the configuration uses. */
  rewards?: Record<string, RewardFunction>;
  /** Go on with the run in `output` from its last checkpoint. */
  resume?: boolean;
  /** Aborting gives up the step in progress; see `Trainer.stop` to let it finish. */
  signal?: AbortSignal;
  onWarning?: (message: string) => void;
  /** A part of a step begins. */
  onPhase?: (phase: Phase) => void;
  /** How far the part in progress is: bytes of a download (phase `fetch`), else tokens. */
  onProgress?: (progress: { done: number; total: number }) => void;
  /** Listeners that get the run's start, every step and its end. */
  trackers?: readonly Tracker[];
  /** The native core; tests put another in its place. */
  engine?: Engine;
}

/** One step that was made, or (`step` as before) the validation at the start of a stage. */
export interface StepRecord {
  step: number;
  /** Steps that all stages together will have, as far as is known. */
  totalSteps: number;
  stage: number;
  metrics: Metrics;
  samples: Sample[];
}

/** How a run ended. */
export interface TrainResult {
  /** `stopped`: by `stop` or by the signal; `--resume` goes on. */
  outcome: 'finished' | 'stopped';
  step: number;
  /** Step of the last checkpoint; null when there is none. */
  checkpoint: number | null;
  output: string;
  /** Folder of the resulting model; null when the run has not finished. */
  model: string | null;
  best: { step: number; score: number } | null;
}

/**
 * A training run that can be iterated over:
 *
 *     const trainer = await Trainer.create(config);
 *     for await (const { step, metrics } of trainer) console.log(step, metrics.reward);
 *     console.log(trainer.result.model);
 */
export class Trainer implements AsyncIterable<StepRecord> {
  private stopping = false;
  private lastSaved: number | null = null;
  private ended: TrainResult | undefined;

  private constructor(
    readonly config: RunConfig,
    readonly model: ModelSource,
    private readonly directory: RunDirectory,
    private readonly resources: StageResources,
    private readonly options: TrainerOptions,
    private state: RunState,
    private resumed: string | null,
  ) {}

  /**
   * @throws UserError when model, data, rewards or run directory cannot be used.
   */
  static async create(config: RunConfig, options: TrainerOptions = {}): Promise<Trainer> {
    const { onPhase = () => {}, onProgress } = options;
    onPhase('fetch');
    const model = await loadModelSource(config.model.path, {
      onProgress: ({ received, total }) => onProgress?.({ done: received, total }),
    });
    const engine = options.engine ?? (await nativeEngine());
    const directory = await RunDirectory.open(config, options.resume ?? false);
    const warn = options.onWarning ?? (() => {});
    const last = await lastCheckpoint(directory.checkpoints, warn);
    const state = last?.state ?? firstState();
    await directory.rewind(last?.step ?? -1, state.stage);
    await directory.writeEnvironment(environment(model));
    const resources: StageResources = {
      config,
      model,
      engine,
      checkpoints: directory.checkpoints,
      rewards: options.rewards ?? {},
      warn,
      onPhase,
    };
    const trainer = new Trainer(config, model, directory, resources, options, state, last?.folder ?? null);
    trainer.lastSaved = last?.step ?? null;
    return trainer;
  }

  /** Finish the step in progress, save, and end the iteration. */
  stop(): void {
    this.stopping = true;
  }

  /** Folder of the run. */
  get output(): string {
    return this.directory.path;
  }

  /** How the run ended. @throws Error while it has not. */
  get result(): TrainResult {
    if (!this.ended) throw new Error('The run has not ended: iterate over the trainer first');
    return this.ended;
  }

  [Symbol.asyncIterator](): AsyncGenerator<StepRecord, void> {
    const trackers = new Trackers(this.options.trackers ?? [], this.resources.warn);
    const start = { config: this.config, output: this.output, resumedFrom: this.lastSaved };
    return tracked(this.stages(), trackers, start, () => this.ended);
  }

  private async *stages(): AsyncGenerator<StepRecord, void> {
    for (;;) {
      const run = await openStage(this.resources, this.state, this.resumed);
      this.resumed = null;
      try {
        yield* this.runStage(run);
      } finally {
        await closeStage(run);
      }
      if (this.ended) return;
      if (this.state.stage + 1 === this.config.stages.length) break;
      this.state = this.nextStage();
    }
    const folder = checkpointFolder(this.directory.checkpoints, this.state.best?.step ?? this.state.progress.step);
    await exportModel(folder, this.directory.model);
    this.end('finished');
  }

  /** The steps of one stage; `this.ended` is set when the run is to end with it. */
  private async *runStage(run: RlContext | SftContext): AsyncGenerator<StepRecord, void> {
    if (this.state.progress.stageStep === 0 && run.validation.length > 0) {
      const first = await this.guarded(() => this.validateStart(run));
      if (first) yield first;
    }
    while (!this.ended && !this.stageDone(run)) {
      if (this.stopping) return this.saveAndStop(run);
      const record = await this.guarded((call) => this.makeStep(run, call), run);
      if (record) yield record;
    }
  }

  private async validateStart(run: RlContext | SftContext): Promise<StepRecord> {
    const { metrics, samples } = await this.validation(run);
    return this.record(run, { ...position(run, this.state.progress), ...metrics }, samples);
  }

  private async makeStep(run: RlContext | SftContext, call: StepCall): Promise<StepRecord> {
    const started = performance.now();
    const made = isRl(run)
      ? await rlStep(run, this.state.progress, call)
      : await sftStep(run, this.state.progress, call);
    const tokens = Number(made.progress.numTokens - this.state.progress.numTokens);
    const seconds = (performance.now() - started) / 1000;
    this.state = { ...this.state, progress: made.progress };
    let metrics: Metrics = { ...made.metrics, step_time: seconds, tokens_per_second: tokens / seconds };
    let samples = made.samples;
    if (this.dueForValidation(run)) {
      const validation = await this.validation(run);
      this.keepScore(validation.score);
      metrics = { ...metrics, ...validation.metrics };
      samples = [...samples, ...validation.samples];
    }
    const record = await this.record(run, metrics, samples);
    if (this.dueForCheckpoint(run)) await this.save(run);
    return record;
  }

  private async record(run: RlContext | SftContext, metrics: Metrics, samples: Sample[]): Promise<StepRecord> {
    await this.directory.append(metrics, samples);
    const { step, stageStep } = this.state.progress;
    const later = this.config.stages.slice(run.index + 1).reduce((sum, { maxSteps }) => sum + (maxSteps ?? 0), 0);
    return { step, totalSteps: step - stageStep + run.totalSteps + later, stage: run.index, metrics, samples };
  }

  private validation(run: RlContext | SftContext) {
    const call = this.call(() => {});
    return isRl(run) ? validateRl(run, this.state.progress, call) : validateSft(run, call);
  }

  private keepScore(score: number): void {
    const { best, progress } = this.state;
    const improved = Number.isFinite(score) && (best === null || score > best.score);
    this.state = improved
      ? { ...this.state, best: { step: progress.step, score }, validationsWithoutImprovement: 0 }
      : { ...this.state, validationsWithoutImprovement: this.state.validationsWithoutImprovement + 1 };
  }

  private stageDone({ stage, totalSteps, deck }: RlContext | SftContext): boolean {
    const { progress, validationsWithoutImprovement } = this.state;
    if (progress.stageStep >= totalSteps) return true;
    if (stage.maxSteps === undefined && progress.position >= stage.numTrainEpochs * deck.size) return true;
    return stage.patience !== undefined && validationsWithoutImprovement >= stage.patience;
  }

  private dueForValidation(run: RlContext | SftContext): boolean {
    if (run.validation.length === 0) return false;
    const { evalSteps } = run.stage;
    return this.stageDone(run) || (evalSteps > 0 && this.state.progress.stageStep % evalSteps === 0);
  }

  private dueForCheckpoint(run: RlContext | SftContext): boolean {
    const { saveSteps } = run.stage;
    const { step, stageStep } = this.state.progress;
    return this.stageDone(run) || this.state.best?.step === step || (saveSteps > 0 && stageStep % saveSteps === 0);
  }

  private async save(run: RlContext | SftContext): Promise<void> {
    const { step } = this.state.progress;
    if (this.lastSaved === step) return;
    this.options.onPhase?.('checkpoint');
    await saveCheckpoint(this.directory.checkpoints, run.policy, this.model, this.config.model.dtype, this.state);
    this.lastSaved = step;
    await pruneCheckpoints(this.directory.checkpoints, run.stage.saveTotalLimit, [
      step,
      this.state.best?.step ?? null,
      this.state.start,
    ]);
  }

  private nextStage(): RunState {
    const { progress, best, stage } = this.state;
    const start = this.config.stages[stage + 1]!.from === 'best' ? (best?.step ?? progress.step) : progress.step;
    return {
      stage: stage + 1,
      progress: firstProgress(progress.step, progress.numTokens),
      best: null,
      validationsWithoutImprovement: 0,
      start,
    };
  }

  /** Run a part that the signal may abandon; then what is safe is saved and the run ends. */
  private async guarded(part: (call: StepCall) => Promise<StepRecord>, run?: RlContext | SftContext) {
    const before = this.state;
    let changed = false;
    const call = this.call(() => {
      changed = true;
    });
    try {
      return await part(call);
    } catch (error) {
      if (!this.options.signal?.aborted) throw error;
      // Weights and state belong together after a whole step only.
      const consistent = !changed || this.state !== before;
      if (run && consistent && this.state.progress.step > 0) await this.save(run);
      this.end('stopped');
      return undefined;
    }
  }

  private async saveAndStop(run: RlContext | SftContext): Promise<void> {
    if (this.state.progress.stageStep > 0) await this.save(run);
    this.end('stopped');
  }

  private call(onUpdate: () => void): StepCall {
    const { signal, onPhase, onProgress } = this.options;
    return { onUpdate, ...(signal && { signal }), ...(onPhase && { onPhase }), ...(onProgress && { onProgress }) };
  }

  private end(outcome: TrainResult['outcome']): void {
    this.ended = {
      outcome,
      step: this.state.progress.step,
      checkpoint: this.lastSaved,
      output: this.directory.path,
      model: outcome === 'finished' ? this.directory.model : null,
      best: this.state.best,
    };
  }
}
