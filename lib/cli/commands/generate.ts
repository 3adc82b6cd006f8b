/** `foothold generate`: one answer of a model, to try it. */
import type { CommandModule } from 'yargs';
import { raggedFromRows, raggedRow } from '../../../bindings/ragged.js';
import type { DType } from '../../../bindings/torch.js';
import { UserError } from '../../errors.js';
import { loadModelSource } from '../../model/source.js';
import { nativeEngine } from '../../train/policy.js';

interface GenerateArguments {
  model: string;
  prompt: string;
  maxTokens: number;
  temperature: number;
  seed: number;
  raw: boolean;
  device: string;
  dtype: DType;
}

export const generate: CommandModule<object, GenerateArguments> = {
  command: 'generate',
  describe: 'Let a model answer a prompt',
  builder: (yargs) =>
    yargs
      .option('model', { type: 'string', demandOption: true, describe: 'Folder, GGUF file or Hugging Face id' })
      .option('prompt', { type: 'string', demandOption: true, describe: 'What the user says' })
      .option('max-tokens', { type: 'number', default: 256, describe: 'Most tokens of the answer' })
      .option('temperature', { type: 'number', default: 0, describe: '0 takes the likeliest token each time' })
      .option('seed', { type: 'number', default: 0, describe: 'Seed of the sampling' })
      .option('raw', { type: 'boolean', default: false, describe: 'Give the prompt as it is, without chat template' })
      .option('device', { type: 'string', default: 'auto', describe: 'cpu, cuda, cuda:1, … or auto' })
      .option('dtype', {
        choices: ['float32', 'bfloat16'] as const,
        default: 'float32' as DType,
        describe: 'Precision',
      })
      .example('foothold generate --model runs/first/model --prompt "What is 17 + 25?"', 'greedy answer'),
  handler: async (options) => {
    check(options);
    const { text, cut } = await answer(options);
    process.stdout.write(`${text}\n`);
    if (cut) process.stderr.write(`(cut after ${options.maxTokens} tokens; --max-tokens raises the limit)\n`);
  },
};

function check({ maxTokens, temperature, seed }: GenerateArguments): void {
  const usage = (message: string) => new UserError(message, 'FOOTHOLD_USAGE');
  if (!Number.isInteger(maxTokens) || maxTokens < 1) throw usage('--max-tokens takes a whole number from 1 on');
  if (!(temperature >= 0)) throw usage('--temperature takes a number from 0 on');
  if (!Number.isInteger(seed) || seed < 0 || seed > 0xffff_ffff)
    throw usage('--seed takes a whole number from 0 to 4294967295');
}

async function answer(options: GenerateArguments): Promise<{ text: string; cut: boolean }> {
  const { config, format, files, tokenizer, eosTokenIds } = await loadModelSource(options.model);
  const chat = tokenizer.chatTemplate !== null && !options.raw;
  const prompt = chat
    ? tokenizer.applyChatTemplate([{ role: 'user', content: options.prompt }], { addGenerationPrompt: true })
    : options.prompt;
  const ids = tokenizer.encode(prompt, { addSpecialTokens: !chat });
  if (ids.length === 0)
    throw new UserError('The prompt has no tokens; give some text with --prompt.', 'FOOTHOLD_USAGE');
  const engine = await nativeEngine();
  const policy = await engine.load({ config, format, files, device: options.device, dtype: options.dtype });
  try {
    const { completions, finished } = await policy.generate({
      prompts: raggedFromRows([ids]),
      numGenerations: 1,
      maxCompletionLength: options.maxTokens,
      temperature: options.temperature,
      seed: options.seed,
      eosTokenIds,
    });
    const row = raggedRow(completions, 0);
    const ended = finished[0] === 1;
    return { text: tokenizer.decode(ended ? row.subarray(0, -1) : row), cut: !ended };
  } finally {
    policy.dispose();
  }
}
