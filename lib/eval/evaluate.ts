/** Measuring a model on problems with known answers. */
import { basename } from 'node:path';
import { raggedFromRows, raggedRow } from '../../bindings/ragged.js';
import type { CallOptions, DType, Rollouts } from '../../bindings/torch.js';
import type { Instance } from '../data/instance.js';
import { UserError } from '../errors.js';
import { weightsFingerprint } from '../model/fingerprint.js';
import { loadModelSource, type ModelSource } from '../model/source.js';
import { loadTemplate, renderPrompt, type Template } from '../prompt/template.js';
import { parseCompletion, parseLeniently } from '../reward/format.js';
import type { Phase } from '../train/context.js';
import { type Engine, nativeEngine, type TrainablePolicy } from '../train/policy.js';
import { deriveSeed } from '../train/random.js';
import { appendItems, type Item, type ItemSample, openItems, problemHash } from './items.js';
import { extractAnswer } from './math/extract.js';
import { answerOf, verifyAnswer } from './math/verify.js';
import { wrongNumber } from './numbers.js';
import { type Problem, readProblems } from './problems.js';
import { type EvalReport, summarise } from './report.js';
import type { Settings } from './settings.js';

export interface EvalOptions {
  /** Folder, GGUF file or Hugging Face id. */
  model: string;
  /** Problems with answers: see `readProblems`. */
  data: string;
  /** Folder of the results; what it holds already is not done again. */
  out: string;
  /** Responses to each problem. Default 1. */
  samples?: number;
  /** 0 is greedy. Default 0 for one sample, 1 for several. */
  temperature?: number;
  /** Default 1: no truncation. */
  topP?: number;
  /** Most tokens of a response. Default 2048. */
  maxCompletionLength?: number;
  /** Only the first so many problems. */
  limit?: number;
  /** Built-in prompt template or file. Default `math-whole`. */
  template?: string;
  /** Default 0. */
  seed?: number;
  /** Problems sampled at once. Default 16. */
  batchSize?: number;
  /** Default `auto`. */
  device?: string;
  /** Default `float32`. */
  dtype?: DType;
  /** Stops between batches and within one; finished items stay. */
  signal?: AbortSignal;
  onItem?: (item: Item, done: number, total: number) => void;
  /** A part of the work begins: `fetch`, `load`, and `rollout` for each batch. */
  onPhase?: (phase: Phase) => void;
  /** How far the part is: bytes of a download, else tokens. */
  onProgress?: (progress: { done: number; total: number }) => void;
  /** Stands in for the native core in tests. */
  engine?: Engine;
}

type Hooks = Pick<EvalOptions, 'signal' | 'onItem' | 'onPhase' | 'onProgress'>;
type Resolved = Required<Omit<EvalOptions, keyof Hooks | 'engine' | 'limit'>>;

interface Prompted extends Problem {
  ids: number[];
  prefilled: boolean;
}

/**
 * Let a model answer problems and compare its answers with theirs. A line is written to `out/items.jsonl` for each
 * problem as it is done, and the summary to `out/report.json`; a run that was stopped goes on where it was, and gives
 * the same results as one that was not.
 *
 * @throws UserError for a model, data, template or option that cannot be used, and when `out` holds results made with
 *   other settings
 */
export async function evaluate(options: EvalOptions): Promise<EvalReport> {
  const resolved = resolve(options);
  const problems = await readProblems(resolved.data, options.limit);
  options.onPhase?.('fetch');
  const source = await loadModelSource(resolved.model, {
    onProgress: ({ received, total }) => options.onProgress?.({ done: received, total }),
    signal: options.signal,
  });
  const template = await loadTemplate(resolved.template);
  const prompted = problems.map((problem) => prompt(problem, template, source));
  checkLengths(prompted, source, resolved.maxCompletionLength);
  const done = await openItems(resolved.out, await settingsOf(resolved, source, template));
  checkUnchanged(prompted, done, resolved.out);
  if (prompted.some(({ id }) => !done.has(id))) await answerAll(prompted, done, source, resolved, options);
  return summarise(
    resolved.out,
    prompted.map(({ id }) => done.get(id)!),
    resolved,
  );
}

function resolve(options: EvalOptions): Resolved {
  const samples = options.samples ?? 1;
  const resolved = {
    model: options.model,
    data: options.data,
    out: options.out,
    samples,
    temperature: options.temperature ?? (samples === 1 ? 0 : 1),
    topP: options.topP ?? 1,
    maxCompletionLength: options.maxCompletionLength ?? 2048,
    template: options.template ?? 'math-whole',
    seed: options.seed ?? 0,
    batchSize: options.batchSize ?? 16,
    device: options.device ?? 'auto',
    dtype: options.dtype ?? 'float32',
  } as const;
  checkNumbers(resolved, options.limit);
  return resolved;
}

/** @throws UserError that names the option and what it takes */
function checkNumbers(options: Resolved, limit: number | undefined): void {
  const given = { ...options, ...(limit !== undefined && { limit }) };
  const wrong = wrongNumber(given);
  if (wrong) throw new UserError(`${wrong.name} takes ${wrong.takes}; got ${given[wrong.name]}.`);
  const { samples, temperature } = options;
  if (samples > 1 && temperature === 0) {
    throw new UserError('At temperature 0 all samples of a problem are the same: give one sample, or a temperature.');
  }
}

/** All that the results depend on: the same settings give the same results. */
async function settingsOf(options: Resolved, source: ModelSource, template: Template): Promise<Settings> {
  const { samples, temperature, topP, maxCompletionLength, seed, batchSize, dtype, data } = options;
  return {
    model: source.name,
    weights: await weightsFingerprint(source.files),
    data: basename(data),
    template: template.name,
    samples,
    temperature,
    topP,
    maxCompletionLength,
    seed,
    batchSize,
    dtype,
  };
}

function prompt(problem: Problem, template: Template, { tokenizer }: ModelSource): Prompted {
  const instance: Instance = {
    id: problem.id,
    trajectoryId: problem.id,
    step: 1,
    numSteps: 1,
    problem: problem.problem,
    context: [],
    target: '',
  };
  const { text, prefilled } = renderPrompt(instance, template, tokenizer);
  const addSpecialTokens = tokenizer.chatTemplate === null && !template.raw;
  return { ...problem, ids: tokenizer.encode(text, { addSpecialTokens }), prefilled };
}

function checkLengths(prompted: readonly Prompted[], { config, name }: ModelSource, maxCompletionLength: number): void {
  const longest = prompted.reduce((a, b) => (b.ids.length > a.ids.length ? b : a));
  const room = config.maxPositions - longest.ids.length;
  if (room >= maxCompletionLength) return;
  throw new UserError(
    `Problem ${longest.id} has a prompt of ${longest.ids.length} tokens; ${name} has ${config.maxPositions} positions, so ` +
      (room > 0
        ? `responses may have at most ${room} tokens, not ${maxCompletionLength}. Give --max-tokens ${room} or less.`
        : 'there is no room for a response. Take the problem out of the data.'),
  );
}

function checkUnchanged(prompted: readonly Prompted[], done: ReadonlyMap<string, Item>, out: string): void {
  for (const { id, problem, gold, ids } of prompted) {
    const item = done.get(id);
    if (!item || item.hash === problemHash(problem, gold, ids)) continue;
    throw new UserError(
      `${out} has results for another problem ${id}, or another prompt of it: data, template or tokenizer changed. Give ` +
        'another folder with --out.',
    );
  }
}

/**
 * Answer what is not done yet, batch by batch. A batch holds the same problems in every run: a sample depends on its
 * batch's seed and its row alone, so a batch that was cut short is sampled again as it was.
 */
async function answerAll(
  prompted: readonly Prompted[],
  done: Map<string, Item>,
  source: ModelSource,
  options: Resolved,
  { signal, onItem, onPhase, onProgress, engine }: EvalOptions,
): Promise<void> {
  const { config, format, files } = source;
  const { device, dtype, batchSize, out } = options;
  const call = { ...(signal && { signal }), ...(onProgress && { onProgress }) };
  onPhase?.('load');
  const policy = await (engine ?? (await nativeEngine())).load({ config, format, files, device, dtype });
  try {
    for (let start = 0; start < prompted.length; start += batchSize) {
      const batch = prompted.slice(start, start + batchSize);
      if (batch.every(({ id }) => done.has(id))) continue;
      signal?.throwIfAborted();
      onPhase?.('rollout');
      const seed = deriveSeed(options.seed, start / batchSize);
      const items = await answerBatch(policy, batch, seed, source, options, call);
      const fresh = items.filter(({ id }) => !done.has(id));
      await appendItems(out, fresh);
      for (const item of fresh) {
        done.set(item.id, item);
        onItem?.(item, done.size, prompted.length);
      }
    }
  } finally {
    policy.dispose();
  }
}

async function answerBatch(
  policy: TrainablePolicy,
  batch: readonly Prompted[],
  seed: number,
  { tokenizer, eosTokenIds }: ModelSource,
  { samples, temperature, topP, maxCompletionLength }: Resolved,
  call: CallOptions,
): Promise<Item[]> {
  const rollouts = await policy.generate(
    {
      prompts: raggedFromRows(batch.map(({ ids }) => ids)),
      numGenerations: samples,
      maxCompletionLength,
      temperature,
      seed,
      eosTokenIds,
      topP,
    },
    call,
  );
  const items: Item[] = [];
  for (const [g, problem] of batch.entries()) {
    const { id, gold } = problem;
    const judged: ItemSample[] = [];
    for (let row = g * samples; row < (g + 1) * samples; row++)
      judged.push(await judge(problem, rollouts, row, tokenizer));
    const correct = judged.filter(({ equal }) => equal === true).length;
    items.push({
      id,
      hash: problemHash(problem.problem, gold, problem.ids),
      gold: answerOf(gold),
      correct,
      samples: judged,
    });
  }
  return items;
}

/** Read one response as evaluation does: any number of thoughts are left out, what remains is searched for the answer. */
async function judge(
  { gold, prefilled }: Prompted,
  rollouts: Rollouts,
  row: number,
  tokenizer: ModelSource['tokenizer'],
): Promise<ItemSample> {
  const ids = raggedRow(rollouts.completions, row);
  const finished = rollouts.finished[row] === 1;
  const completion = tokenizer.decode(finished ? ids.subarray(0, -1) : ids);
  const { action } = parseLeniently(completion, { prefilled });
  const { equal, pred } = await verifyAnswer(gold, action);
  return {
    completion,
    pred,
    equal,
    tokens: ids.length,
    finished,
    wellFormed: parseCompletion(completion, { prefilled, finished }).malformed === null,
    marked: extractAnswer(action)?.marked ?? false,
  };
}
