/** What `foothold eval` does. */
import { basename, join, resolve } from 'node:path';
import type { DType } from '../../bindings/torch.js';
import { evaluate, type Item, reportText } from '../eval/index.js';
import { wrongNumber } from '../eval/numbers.js';
import { UsageError } from './failure.js';
import { openProgress } from './progress/index.js';

export interface EvalArguments {
  model: string;
  data: string;
  samples: number;
  temperature: number | undefined;
  topP: number;
  maxTokens: number;
  limit: number | undefined;
  template: string;
  seed: number;
  batchSize: number;
  out: string | undefined;
  device: string;
  dtype: DType;
  quiet: boolean;
  json: boolean;
}

/** Evaluate, with progress on standard error and the report on standard output. */
export async function runEvaluation(options: EvalArguments): Promise<void> {
  check(options);
  const { model, data, samples, temperature, topP, limit, template, seed, batchSize, device, dtype } = options;
  const out = options.out ?? join('evals', `${nameOf(model)}-${nameOf(data)}`);
  const abort = new AbortController();
  const onSignal = (signal: NodeJS.Signals) => abort.abort(new Interrupted(out, signal === 'SIGINT' ? 130 : 143));
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  const progress = openProgress({ quiet: options.quiet });
  try {
    const report = await evaluate({
      model,
      data,
      out,
      samples,
      topP,
      template,
      seed,
      batchSize,
      device,
      dtype,
      maxCompletionLength: options.maxTokens,
      ...(temperature !== undefined && { temperature }),
      ...(limit !== undefined && { limit }),
      signal: abort.signal,
      onPhase: (phase) => progress.enter(phase),
      onProgress: (done) => progress.advance(done),
      onItem: (item, done, total) => progress.item({ done, total }, itemText(item)),
    });
    progress.close();
    process.stdout.write(options.json ? `${JSON.stringify(report, null, 2)}\n` : reportText(report));
    progress.log(`Responses: ${join(out, 'items.jsonl')}`);
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    progress.close();
    process.stderr.write(`${error.message}\n`);
    process.exitCode = error.exitCode;
  } finally {
    progress.close();
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

class Interrupted extends Error {
  constructor(
    out: string,
    readonly exitCode: number,
  ) {
    super(`Stopped; what is done is in ${out}. Give the same command again to go on.`);
  }
}

function itemText({ id, correct, samples }: Item): string {
  const [first] = samples;
  const verdict = samples.length > 1 ? `${correct}/${samples.length} right` : correct === 1 ? 'right' : 'wrong';
  return `${id}  ${verdict}  ${first!.pred.slice(0, 40)}`;
}

/** Last part of a path or model id, without a data or model file's ending. */
function nameOf(path: string): string {
  return basename(resolve(path)).replace(/\.(?:jsonl|ndjson|json|parquet|gguf)$/i, '');
}

const FLAGS: Readonly<Record<string, string>> = {
  maxCompletionLength: 'max-tokens',
  batchSize: 'batch-size',
  topP: 'top-p',
};

function check({ samples, temperature, topP, maxTokens, limit, seed, batchSize }: EvalArguments): void {
  const wrong = wrongNumber({
    ...{ samples, topP, seed, batchSize, maxCompletionLength: maxTokens },
    ...(temperature !== undefined && { temperature }),
    ...(limit !== undefined && { limit }),
  });
  if (wrong) throw new UsageError(`--${FLAGS[wrong.name] ?? wrong.name} takes ${wrong.takes}`);
  if (samples > 1 && temperature === 0) {
    throw new UsageError(
      '--temperature 0 makes all samples of a problem the same: leave --samples out, or give a temperature above 0',
    );
  }
}
