/** What `foothold generate` does. */
import { raggedFromRows, raggedRow } from '../../bindings/ragged.js';
import type { DType } from '../../bindings/torch.js';
import { nativeEngine } from '../train/policy.js';
import { UsageError } from './failure.js';
import { fetchModel, type Progress } from './progress/index.js';

export interface GenerateArguments {
  model: string;
  prompt: string;
  maxTokens: number;
  temperature: number;
  seed: number;
  raw: boolean;
  device: string;
  dtype: DType;
  quiet: boolean;
  json: boolean;
}

export interface Answer {
  text: string;
  /** Tokens of the answer. */
  tokens: number;
  /** The limit (of tokens asked for, or of the model) cut it. */
  cut: boolean;
}

/** The model's answer. */
export async function answer(options: GenerateArguments, progress: Progress): Promise<Answer> {
  const { config, format, files, tokenizer, eosTokenIds } = await fetchModel(options.model, progress);
  const chat = tokenizer.chatTemplate !== null && !options.raw;
  const prompt = chat
    ? tokenizer.applyChatTemplate([{ role: 'user', content: options.prompt }], { addGenerationPrompt: true })
    : options.prompt;
  const ids = tokenizer.encode(prompt, { addSpecialTokens: !chat });
  if (ids.length === 0) throw new UsageError('The prompt has no tokens; give some text with --prompt.');
  const room = config.maxPositions - ids.length;
  if (room < 1) {
    throw new UsageError(`The prompt has ${ids.length} tokens; the model takes at most ${config.maxPositions}.`);
  }
  const engine = await nativeEngine();
  progress.enter('load');
  const policy = await engine.load({ config, format, files, device: options.device, dtype: options.dtype });
  try {
    progress.enter('rollout');
    const { completions, finished } = await policy.generate(
      {
        prompts: raggedFromRows([ids]),
        numGenerations: 1,
        maxCompletionLength: Math.min(options.maxTokens, room),
        temperature: options.temperature,
        seed: options.seed,
        eosTokenIds,
      },
      { onProgress: (done) => progress.advance(done) },
    );
    const row = raggedRow(completions, 0);
    const ended = finished[0] === 1;
    return { text: tokenizer.decode(ended ? row.subarray(0, -1) : row), tokens: row.length, cut: !ended };
  } finally {
    policy.dispose();
  }
}
