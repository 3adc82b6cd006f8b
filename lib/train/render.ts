import type { Instance } from '../data/instance.js';
import { renderPrompt, type Template } from '../prompt/template.js';
import type { Tokenizer } from '../prompt/tokenizer.js';
import type { StageContext } from './context.js';

/** An instance as the model sees it. */
export interface RenderedInstance {
  instance: Instance;
  prompt: string;
  promptIds: Int32Array;
  /** The prompt ends inside an opened `<think>`. */
  prefilled: boolean;
}

/** Prompt of an instance through template and chat template, and its token ids. */
export function renderInstance(instance: Instance, template: Template, tokenizer: Tokenizer): RenderedInstance {
  const { text, prefilled } = renderPrompt(instance, template, tokenizer);
  // A chat template writes the beginning-of-sequence token itself.
  const addSpecialTokens = tokenizer.chatTemplate === null && !template.raw;
  return {
    instance,
    prompt: text,
    promptIds: Int32Array.from(tokenizer.encode(text, { addSpecialTokens })),
    prefilled,
  };
}

/** Whether a prompt is no longer than the stage allows. */
export function fitsPrompt({ stage }: StageContext, { promptIds }: RenderedInstance): boolean {
  return promptIds.length <= stage.maxPromptLength;
}
