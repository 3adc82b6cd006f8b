/** Text ↔ token ids, and chat messages → prompt text, as the model's own tokenizer files say. */

import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../errors.js';
import { checkFile, type JsonObject, parseJsonObject } from '../model/json_file.js';
import { ChatTemplate } from './chat_template.js';
import { makeTokenizerEngine, type TokenizerEngine } from './engines.js';
import { readTokenizerFiles, type TokenizerFiles, writeTokenizerFiles } from './tokenizer_files.js';

export interface ChatMessage {
  role: string;
  content: string;
}

export interface ChatTemplateOptions {
  /** Open the assistant's turn at the end. */
  addGenerationPrompt?: boolean;
  /** Leave the last message open, so that the model goes on with it. */
  continueFinalMessage?: boolean;
  /** Further variables of the template, for example `enable_thinking` or `tools`. */
  [templateVariable: string]: unknown;
}

export interface Tokenizer {
  /** Token ids of a text. Special tokens written in the text become their ids; a lone surrogate becomes U+FFFD. */
  encode(text: string, options?: { addSpecialTokens?: boolean }): number[];
  /** Exact text of the ids, spaces untouched. Ids that name no token (padding of the embedding) are left out. */
  decode(ids: ArrayLike<number>, options?: { skipSpecialTokens?: boolean }): string;
  /** One more than the highest token id. */
  readonly vocabSize: number;
  readonly bosTokenId: number | null;
  readonly eosTokenId: number | null;
  readonly padTokenId: number | null;
  /** Id of a token by its exact content, for example `</think>`. */
  idOf(token: string): number | null;
  /** Jinja source, or null when the model has none. */
  readonly chatTemplate: string | null;
  /** Render messages to prompt text. */
  applyChatTemplate(messages: readonly ChatMessage[], options?: ChatTemplateOptions): string;
  /** Id of the token for text that no other stands for. */
  readonly unkTokenId: number | null;
  /** The tokenizer's files, by name. */
  readonly files: TokenizerFiles;
  /** Write the tokenizer's files into a folder, from which this class and transformers load it again. */
  save(folder: string): Promise<void>;
}

/** The tokenizer of a Hugging Face folder. */
export async function loadTokenizer(folder: string): Promise<Tokenizer> {
  return tokenizerFromFiles(await readTokenizerFiles(folder), folder);
}

/**
 * A tokenizer from the contents of its files.
 *
 * @param origin folder or file named in errors.
 * @throws UserError when `tokenizer.json` is missing or is of a kind that cannot be used.
 */
export function tokenizerFromFiles(files: TokenizerFiles, origin: string): Tokenizer {
  return new HuggingFaceTokenizer(files, origin);
}

/** transformers marks the place where a continued message ends with this text, then cuts there. */
const CONTINUE_TAG = 'CONTINUE_FINAL_MESSAGE_TAG ';

const SPECIAL_TOKENS = ['bos_token', 'eos_token', 'pad_token', 'unk_token'] as const;
type SpecialToken = (typeof SPECIAL_TOKENS)[number];

class HuggingFaceTokenizer implements Tokenizer {
  readonly vocabSize: number;
  readonly bosTokenId: number | null;
  readonly eosTokenId: number | null;
  readonly padTokenId: number | null;
  readonly unkTokenId: number | null;
  private readonly engine: TokenizerEngine;
  private readonly special: Partial<Record<SpecialToken, string>>;
  /** Jinja sources by name, and those parsed so far: a template that nobody uses need not be understood. */
  private readonly templates: Map<string, string>;
  private readonly parsed = new Map<string, ChatTemplate>();

  constructor(
    readonly files: TokenizerFiles,
    private readonly origin: string,
  ) {
    const json = requireTokenizerJson(files, origin);
    const config = jsonFile(files, 'tokenizer_config.json', origin) ?? {};
    this.engine = makeEngine(json, config, join(origin, 'tokenizer.json'));
    this.vocabSize = this.engine.model.vocab.length;
    this.templates = readTemplates(files, origin);
    this.special = specialTokens(files, config, origin);
    this.bosTokenId = this.idOfSpecial('bos_token');
    this.eosTokenId = this.idOfSpecial('eos_token');
    this.padTokenId = this.idOfSpecial('pad_token');
    this.unkTokenId = this.idOfSpecial('unk_token');
  }

  get chatTemplate(): string | null {
    return this.templates.get('default') ?? null;
  }

  encode(text: string, options: { addSpecialTokens?: boolean } = {}): number[] {
    const wellFormed = text.replace(/\p{Surrogate}/gu, '\uFFFD');
    return this.engine.encode(wellFormed, { add_special_tokens: options.addSpecialTokens ?? false }).ids;
  }

  decode(ids: ArrayLike<number>, options: { skipSpecialTokens?: boolean } = {}): string {
    const known = Array.from(ids).filter((id) => this.engine.id_to_token(id) !== undefined);
    if (known.length === 0) return '';
    return this.engine.decode(known, {
      skip_special_tokens: options.skipSpecialTokens ?? false,
      clean_up_tokenization_spaces: false,
    });
  }

  idOf(token: string): number | null {
    return this.engine.token_to_id(token) ?? null;
  }

  applyChatTemplate(messages: readonly ChatMessage[], options: ChatTemplateOptions = {}): string {
    const { addGenerationPrompt = false, continueFinalMessage = false, ...variables } = options;
    if (addGenerationPrompt && continueFinalMessage) {
      throw new UserError(
        'A chat either opens a new turn (addGenerationPrompt) or goes on with the last one (continueFinalMessage).',
      );
    }
    const template = this.templateFor(variables.tools);
    const render = (chat: readonly ChatMessage[]) =>
      template.render({
        messages: chat,
        tools: null,
        documents: null,
        add_generation_prompt: addGenerationPrompt,
        ...this.special,
        ...variables,
      });
    return continueFinalMessage ? this.renderOpen(messages, render) : render(messages);
  }

  save(folder: string): Promise<void> {
    return writeTokenizerFiles(folder, this.files);
  }

  private templateFor(tools: unknown): ChatTemplate {
    const name = tools != null && this.templates.has('tool_use') ? 'tool_use' : 'default';
    const source = this.templates.get(name);
    if (source === undefined) throw this.noTemplate();
    const template = this.parsed.get(name) ?? new ChatTemplate(source, this.origin);
    this.parsed.set(name, template);
    return template;
  }

  private noTemplate(): UserError {
    const names = [...this.templates.keys()];
    return new UserError(
      names.length > 0
        ? `${this.origin} has chat templates ${names.join(', ')}, but none named "default".`
        : `${this.origin} has no chat template. Put a chat_template.jinja beside its tokenizer.json, or use plain text prompts.`,
    );
  }

  private renderOpen(messages: readonly ChatMessage[], render: (chat: readonly ChatMessage[]) => string): string {
    const last = messages.at(-1);
    if (!last) throw new UserError('continueFinalMessage needs at least one message.');
    const text = render([...messages.slice(0, -1), { ...last, content: last.content + CONTINUE_TAG }]);
    const end = text.lastIndexOf(CONTINUE_TAG.trimEnd());
    if (end < 0 || !text.includes(last.content.trim())) {
      throw new UserError(`The chat template of ${this.origin} changes the final message, so it cannot be continued.`);
    }
    // A template that trims the message has taken the tag's space too; then the message's own trailing space goes.
    return text.startsWith(CONTINUE_TAG, end) ? text.slice(0, end) : text.slice(0, end).trimEnd();
  }

  private idOfSpecial(name: SpecialToken): number | null {
    const content = this.special[name];
    return content === undefined ? null : this.idOf(content);
  }
}

/** Special tokens that the model has, from `tokenizer_config.json` or the older `special_tokens_map.json`. */
function specialTokens(
  files: TokenizerFiles,
  config: JsonObject,
  origin: string,
): Partial<Record<SpecialToken, string>> {
  const named = { ...jsonFile(files, 'special_tokens_map.json', origin), ...config };
  const contents = SPECIAL_TOKENS.map((name) => [name, tokenContent(named[name])] as const);
  return Object.fromEntries(contents.filter(([, content]) => content !== null));
}

function requireTokenizerJson(files: TokenizerFiles, origin: string): JsonObject {
  const json = jsonFile(files, 'tokenizer.json', origin);
  if (json) return json;
  const others = [...files.keys()].filter((name) => /^(vocab\.json|merges\.txt|tokenizer\.model)$/.test(name));
  throw new UserError(
    `${origin} has no tokenizer.json${others.length > 0 ? ` (only ${others.join(', ')})` : ''}. ` +
      'Make one with transformers: AutoTokenizer.from_pretrained(folder).save_pretrained(folder).',
  );
}

function makeEngine(json: JsonObject, config: JsonObject, file: string): TokenizerEngine {
  try {
    return makeTokenizerEngine({ ...json, added_tokens: addedTokens(json, config) }, config);
  } catch (error) {
    throw new UserError(`${file} is not a tokenizer that can be used: ${(error as Error).message}`);
  }
}

interface AddedToken {
  id: number;
  content: string;
}

/** Added tokens of `tokenizer.json`, and those that only `tokenizer_config.json` knows. */
function addedTokens(json: JsonObject, config: JsonObject): AddedToken[] {
  const own = (json.added_tokens ?? []) as AddedToken[];
  const known = new Set(own.map((token) => token.content));
  const extra = Object.entries((config.added_tokens_decoder ?? {}) as Record<string, { content: string }>)
    .filter(([, token]) => !known.has(token.content))
    .map(([id, token]) => ({ ...token, id: Number(id) }));
  return [...own, ...extra];
}

const templateSchema = z.looseObject({
  chat_template: z
    .union(
      [
        z.string().transform((template) => [{ name: 'default', template }]),
        z.array(z.looseObject({ name: z.string(), template: z.string() })),
      ],
      'must be a text, or a list of objects with name and template',
    )
    .nullish(),
});

/**
 * Jinja sources by name. `chat_template.jinja` wins over `tokenizer_config.json`, that over the older `chat_template.json`.
 */
function readTemplates(files: TokenizerFiles, origin: string): Map<string, string> {
  const single = files.get('chat_template.jinja');
  if (single) return new Map([['default', single.toString('utf8')]]);
  for (const name of ['tokenizer_config.json', 'chat_template.json']) {
    const json = jsonFile(files, name, origin) ?? {};
    const named = checkFile(templateSchema, json, join(origin, name)).chat_template;
    if (named) return new Map(named.map(({ name, template }) => [name, template]));
  }
  return new Map();
}

function jsonFile(files: TokenizerFiles, name: string, origin: string): JsonObject | null {
  const content = files.get(name);
  return content ? parseJsonObject(content.toString('utf8'), join(origin, name)) : null;
}

/** A special token is written as its text or as an object with its `content`. */
function tokenContent(value: unknown): string | null {
  if (typeof value === 'string') return value;
  const content = (value as { content?: unknown } | null | undefined)?.content;
  return typeof content === 'string' ? content : null;
}
