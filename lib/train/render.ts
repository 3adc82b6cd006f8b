import { setImmediate } from 'node:timers/promises';
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

/** Renders the instances of a stage, some of them before their turn. */
export class Renderer<R extends RenderedInstance = RenderedInstance> {
  private readonly ready = new Map<Instance, R>();
  private preparing = 0;

  constructor(private readonly make: (instance: Instance) => R) {}

  render(instance: Instance): R {
    const rendered = this.ready.get(instance) ?? this.make(instance);
    this.ready.delete(instance);
    return rendered;
  }

  /** Render these in the background, one at a time between other work. What was prepared before and is not among them is let go. */
  async prepare(instances: Iterable<Instance>): Promise<void> {
    const mine = ++this.preparing;
    const wanted = new Set(instances);
    for (const instance of this.ready.keys()) if (!wanted.has(instance)) this.ready.delete(instance);
    for (const instance of wanted) {
      if (this.ready.has(instance)) continue;
      await setImmediate();
      if (mine !== this.preparing) return;
      try {
        this.ready.set(instance, this.make(instance));
      } catch {
        return; // comes again when the instance is drawn
      }
    }
  }

  /** Prepare no more, and let go of what was. */
  stop(): void {
    void this.prepare([]);
  }
}

/** Whether a prompt is no longer than the stage allows. */
export function fitsPrompt({ stage }: StageContext, { promptIds }: RenderedInstance): boolean {
  return promptIds.length <= stage.maxPromptLength;
}
