/** A loaded model that answers prompts, one at a time. */
import { raggedFromRows, raggedRow } from '../../../bindings/ragged.js';
import type { DType } from '../../../bindings/torch.js';
import { UserError } from '../../errors.js';
import { weightsFingerprint } from '../../model/fingerprint.js';
import { loadModelSource } from '../../model/source.js';
import { opensThinkBlock } from '../../prompt/think.js';
import { parseLeniently } from '../../reward/index.js';
import type { Phase } from '../../train/context.js';
import { nativeEngine } from '../../train/policy.js';
import type { Settings } from '../settings.js';
import type { SweModel } from './evaluate.js';

export interface SweModelOptions {
  model: string;
  device: string;
  dtype: DType;
  /** Most tokens of a prompt; left out, what the model's context holds beside an answer. */
  maxPromptLength?: number | undefined;
  /** Most tokens of an answer. */
  maxCompletionLength: number;
  /** 0 is greedy. */
  temperature: number;
  seed: number;
  /** A part of the work begins: `fetch`, `load`, and `rollout` for each answer. */
  onPhase?: (phase: Phase) => void;
  /** How far the part is: bytes of a download, else tokens. */
  onProgress?: (progress: { done: number; total: number }) => void;
}

export interface LoadedSweModel extends SweModel {
  /** What its answers depend on. */
  settings: Settings;
  dispose(): void;
}

/** Load a model. Dispose of it when done. */
export async function loadSweModel(options: SweModelOptions): Promise<LoadedSweModel> {
  const { onPhase = () => {}, onProgress = () => {} } = options;
  onPhase('fetch');
  const { config, format, files, tokenizer, eosTokenIds } = await loadModelSource(options.model, {
    onProgress: ({ received, total }) => onProgress({ done: received, total }),
  });
  const longest = config.maxPositions - options.maxCompletionLength;
  const maxPromptLength = options.maxPromptLength ?? longest;
  if (maxPromptLength > longest || longest < 1) {
    throw new UserError(
      `${options.model} holds ${config.maxPositions} tokens: no room for a prompt of ${Math.max(1, maxPromptLength)} and an ` +
        `answer of ${options.maxCompletionLength}.`,
    );
  }
  const chat = tokenizer.chatTemplate !== null;
  const render = (content: string) =>
    chat ? tokenizer.applyChatTemplate([{ role: 'user', content }], { addGenerationPrompt: true }) : content;
  const encode = (text: string) => tokenizer.encode(text, { addSpecialTokens: !chat });

  onPhase('load');
  const engine = await nativeEngine();
  const policy = await engine.load({ config, format, files, device: options.device, dtype: options.dtype });
  const { maxCompletionLength, temperature, seed, dtype } = options;
  const weights = await weightsFingerprint(files);
  return {
    settings: { weights, maxPromptLength, maxCompletionLength, temperature, seed, dtype },
    fits: (prompt) => encode(render(prompt)).length <= maxPromptLength,
    answer: async (prompt) => {
      const text = render(prompt);
      onPhase('rollout');
      const { completions, finished } = await policy.generate(
        {
          prompts: raggedFromRows([encode(text)]),
          numGenerations: 1,
          maxCompletionLength: options.maxCompletionLength,
          temperature: options.temperature,
          seed: options.seed,
          eosTokenIds,
        },
        { onProgress },
      );
      const row = raggedRow(completions, 0);
      const completion = tokenizer.decode(finished[0] === 1 ? row.subarray(0, -1) : row);
      return parseLeniently(completion, { prefilled: opensThinkBlock(text) }).action;
    },
    dispose: () => policy.dispose(),
  };
}
