/** A run: its stages one after the other, step by step, with validation, checkpoints and a clean stop. */
import { defineConfig, type RunConfig, type RunInput } from '../config/index.js';
import { UserError } from '../errors.js';
import type { ModelSource } from '../model/source.js';
import { TensorBoard } from '../report/tensorboard/index.js';
import { giveUp, isBad } from './bad_steps.js';
import { checkpointFolder, exportModel } from './checkpoint.js';
import { CheckpointWriter, type Snapshot } from './checkpoint_writer.js';
import type { RlContext, SftContext, StepCall } from './context.js';
import { versions } from './environment.js';
import { type OpenRun, openRun } from './open_run.js';
import { type Metrics, position, type Sample } from './record.js';
import type { StepRecord, TrainerOptions, TrainResult } from './run.js';
import type { RunDirectory } from './run_directory.js';
import { sftStep } from './sft.js';
import { closeStage, isRl, openStage, type StageResources } from './stage.js';
import {
  dueForCheckpoint,
  dueForValidation,
  nextState,
  type RunState,
  type StepLines,
  stageDone,
  withScore,
} from './state.js';
import { rlStep, type StepResult } from './step.js';
import { Trackers, tracked } from './tracker.js';
import { validateRl, validateSft } from './validate.js';

/**
 * A training run that can be iterated over:
 *
 *     const trainer = await Trainer.create(config);
 *     for await (const { step, metrics } of trainer) console.log(step, metrics.reward);
 *     console.log(trainer.result.model);
 */
export class Trainer implements AsyncIterable<StepRecord> {
  private readonly directory: RunDirectory;
  private readonly resources: StageResources;
  private state: RunState;
  private stopping = false;
  private iterated = false;
  private ended: TrainResult | undefined;
  /** The state after the last step that was not bad; null once the weights have changed since. */
  private good: RunState | null;
  /** Folder of the checkpoint to go on from, until that is done. */
  private resumed: string | null;
  private readonly writer: CheckpointWriter;

  private constructor(
    readonly config: RunConfig,
    private readonly options: TrainerOptions,
    { directory, resources, state, last }: OpenRun,
  ) {
    this.directory = directory;
    this.resources = resources;
    this.state = state;
    this.good = state.badSteps === 0 ? state : null;
    this.resumed = last?.folder ?? null;
    const { diskFullTimeout = 600, signal } = options;
    const goOn = () => !this.stopping && !signal?.aborted;
    const { model, warn } = resources;
    const writing = { model, origin: { versions: versions(), config }, diskFullTimeout, goOn, warn };
    this.writer = new CheckpointWriter(directory, writing, last?.step ?? null);
  }

  /**
   * @param config as for `train`; complete, or as a file would have it.
   * @throws UserError when configuration, model, data, rewards or run directory cannot be used.
   */
  static async create(config: RunConfig | RunInput, options: TrainerOptions = {}): Promise<Trainer> {
    const complete = defineConfig(config as RunInput);
    return new Trainer(complete, options, await openRun(complete, options));
  }

  get model(): ModelSource {
    return this.resources.model;
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

  /** The steps, once: a loop that is left ends the run where it is; what was saved can be gone on with. */
  async *[Symbol.asyncIterator](): AsyncGenerator<StepRecord, void> {
    if (this.iterated) {
      throw new UserError(
        `The steps of this run have been iterated over; to go on make it again: Trainer.create(config, { resume: true }).`,
        'FOOTHOLD_RUN',
      );
    }
    this.iterated = true;
    const own = this.config.tensorboard ? [new TensorBoard()] : [];
    const trackers = new Trackers([...own, ...(this.options.trackers ?? [])], this.resources.warn);
    const start = { config: this.config, output: this.output, resumedFrom: this.writer.written };
    try {
      yield* tracked(this.steps(), trackers, start, () => this.ended);
    } catch (error) {
      this.directory.note('failed', { step: this.state.progress.step, message: (error as Error).message });
      throw error;
    } finally {
      await this.directory.flush().catch(() => {}); // its failure has been told, or is that of the lines just above
      this.directory.close();
    }
  }

  private async *steps(): AsyncGenerator<StepRecord, void> {
    for (;;) {
      const run = await openStage(this.resources, this.state, this.resumed);
      this.resumed = null;
      try {
        yield* this.runStage(run);
        if (!this.ended) await this.writer.save(this.snapshot(run));
      } finally {
        await this.writer.settle().catch(() => {}); // what it fails with was told, or something worse is on its way
        await closeStage(run);
      }
      if (this.ended) return;
      if (this.state.stage + 1 === this.config.stages.length) return this.finish();
      this.state = nextState(this.state, this.config);
      this.good = this.state;
    }
  }

  private async finish(): Promise<void> {
    const folder = checkpointFolder(this.directory.checkpoints, this.state.best?.step ?? this.state.progress.step);
    await this.writer.secure(this.state, () => exportModel(folder, this.directory.model));
    this.end('finished');
  }

  /** The steps of one stage; `this.ended` is set when the run is to end with it. */
  private async *runStage(run: RlContext | SftContext): AsyncGenerator<StepRecord, void> {
    if (this.state.progress.stageStep === 0 && run.validation.length > 0) {
      const first = await this.guarded(run, () => this.validateStart(run));
      if (first) yield first;
    }
    const { unvalidated } = this.state;
    if (unvalidated) {
      const late = await this.guarded(run, () => this.validateStep(run, unvalidated));
      if (late) yield late;
    }
    while (!this.ended && !stageDone(this.state, run)) {
      if (this.writer.failure) await this.writer.save(this.snapshot(run));
      if (this.stopping) return this.saveAndStop(run);
      const record = await this.guarded(run, (call) => this.makeStep(run, call));
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
    this.advance(run, made);
    const metrics: Metrics = { ...made.metrics, step_time: seconds, tokens_per_second: tokens / seconds };
    if (this.state.badSteps >= run.stage.maxBadSteps) {
      this.record(run, metrics, made.samples);
      throw await this.giveUp(run, made);
    }
    if (!dueForValidation(this.state, run)) return this.finishStep(run, metrics, made.samples);
    const unvalidated = { metrics, samples: made.samples };
    this.state = { ...this.state, unvalidated };
    return this.validateStep(run, unvalidated);
  }

  /** The validation after a step, which a signal may have put off to the resumed run. */
  private async validateStep(run: RlContext | SftContext, { metrics, samples }: StepLines): Promise<StepRecord> {
    const validation = await this.validation(run);
    this.state = withScore(this.state, validation.score);
    if (this.state.badSteps === 0) this.good = this.state;
    return this.finishStep(run, { ...metrics, ...validation.metrics }, [...samples, ...validation.samples]);
  }

  private async finishStep(run: RlContext | SftContext, metrics: Metrics, samples: Sample[]): Promise<StepRecord> {
    const record = this.record(run, metrics, samples);
    if (dueForCheckpoint(this.state, run)) await this.writer.begin(this.snapshot(run));
    return record;
  }

  /** The state after a step. */
  private advance(run: RlContext | SftContext, made: StepResult): void {
    const { progress, updates } = made;
    const bad = isBad(made);
    const badSteps = bad ? this.state.badSteps + 1 : 0;
    this.state = { ...this.state, progress, badSteps, ...run.memory };
    if (!bad) this.good = this.state;
    else {
      if (updates.some(({ skipped }) => skipped === null)) this.good = null;
      this.resources.warn(
        `step ${progress.step}: loss or gradient is not finite; its update is not made (${badSteps} in a row; the run ` +
          `stops at ${run.stage.maxBadSteps})`,
      );
    }
  }

  private async giveUp(run: RlContext | SftContext, made: StepResult): Promise<UserError> {
    const { good } = this;
    if (good && good.progress.stageStep > 0) await this.writer.save(this.snapshot(run, good));
    return giveUp(this.directory, run, made, this.writer.written);
  }

  private record(run: RlContext | SftContext, metrics: Metrics, samples: Sample[]): StepRecord {
    this.directory.append(metrics, samples);
    const { step, stageStep } = this.state.progress;
    const later = this.config.stages.slice(run.index + 1).reduce((sum, { maxSteps }) => sum + (maxSteps ?? 0), 0);
    return { step, totalSteps: step - stageStep + run.totalSteps + later, stage: run.index, metrics, samples };
  }

  private validation(run: RlContext | SftContext) {
    const call = this.call(() => {});
    return isRl(run) ? validateRl(run, this.state.progress, call) : validateSft(run, call);
  }

  private snapshot({ policy, stage }: RlContext | SftContext, state = this.state): Snapshot {
    this.options.onPhase?.('checkpoint');
    return { policy, state, saveTotalLimit: stage.saveTotalLimit };
  }

  /** Run a part that the signal may abandon; then what is safe is saved and the run ends. */
  private async guarded(run: RlContext | SftContext, part: (call: StepCall) => Promise<StepRecord>) {
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
      if (consistent) await this.saveAndStop(run);
      else await this.writer.secure(this.state, () => this.writer.settle()).then(() => this.end('stopped'));
      return undefined;
    }
  }

  private async saveAndStop(run: RlContext | SftContext): Promise<void> {
    if (this.state.progress.stageStep > 0) await this.writer.save(this.snapshot(run));
    this.end('stopped');
  }

  private call(onUpdate: () => void): StepCall {
    const { signal, onPhase, onProgress } = this.options;
    return { onUpdate, ...(signal && { signal }), ...(onPhase && { onPhase }), ...(onProgress && { onProgress }) };
  }

  private end(outcome: TrainResult['outcome']): void {
    const { step } = this.state.progress;
    this.directory.note(outcome, { step });
    this.ended = {
      outcome,
      step,
      checkpoint: this.writer.written,
      output: this.directory.path,
      model: outcome === 'finished' ? this.directory.model : null,
      best: this.state.best,
    };
  }
}
