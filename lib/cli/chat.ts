/** What `foothold chat` does: reads lines, lets the model answer, and keeps the talk within the model's context. */
import { createInterface } from 'node:readline/promises';
import { text as readAll } from 'node:stream/consumers';
import type { DType } from '../../bindings/torch.js';
import { UserError } from '../errors.js';
import { Policy } from '../policy/index.js';
import type { ChatMessage } from '../prompt/tokenizer.js';
import { answer, type Sampling } from './chat_answer.js';

export interface ChatArguments extends Sampling {
  model: string;
  system?: string | undefined;
  device: string;
  dtype: DType;
}

export async function runChat(options: ChatArguments): Promise<void> {
  const { device, dtype } = options;
  const policy = await Policy.load(options.model, { device, dtype });
  try {
    const talk = new Talk(policy, options);
    if (process.stdin.isTTY) await inTerminal(talk);
    else await once(talk);
  } finally {
    policy.dispose();
  }
}

/** The question is all of standard input. */
async function once(talk: Talk): Promise<void> {
  const question = (await readAll(process.stdin)).trim();
  if (question === '') throw new UserError('Standard input is empty: write the question there, or chat in a terminal.');
  await talk.say(question, new AbortController().signal);
}

async function inTerminal(talk: Talk): Promise<void> {
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  let answering: AbortController | undefined;
  lines.on('SIGINT', () => (answering ? answering.abort() : lines.close()));
  process.stderr.write(`${talk.greeting}\n`);
  lines.setPrompt('> ');
  lines.prompt();
  for await (const line of lines) {
    if (line.trim() !== '') {
      answering = new AbortController();
      await talk.say(line, answering.signal).catch(showMistake);
      answering = undefined;
    }
    lines.prompt();
  }
  process.stdout.write('\n');
}

/** What the user can put right does not end the talk. */
function showMistake(error: unknown): void {
  if (!(error instanceof UserError)) throw error;
  process.stderr.write(`${error.message}\n`);
}

class Talk {
  private readonly messages: ChatMessage[] = [];
  private readonly isChat: boolean;
  private turn = 0;

  constructor(
    private readonly policy: Policy,
    private readonly options: ChatArguments,
  ) {
    this.isChat = policy.tokenizer.chatTemplate !== null;
    if (options.system !== undefined && !this.isChat) {
      throw new UserError(`${options.model} has no chat template, so --system has no place. Leave it out.`);
    }
  }

  get greeting(): string {
    const kind = this.isChat ? '' : ' It has no chat template: each line is a text that it goes on with, by itself.';
    return `Talking to ${this.options.model}.${kind} Ctrl-C stops an answer, Ctrl-D leaves.`;
  }

  /** Print the answer to `line` as it comes, and remember both. */
  async say(line: string, signal: AbortSignal): Promise<void> {
    const question = { role: 'user', content: line };
    const ids = this.isChat ? this.fitting(question) : this.idsOf(line);
    const seed = (this.options.seed + this.turn++) >>> 0;
    const reply = await answer(this.policy, ids, { ...this.options, seed }, signal, (piece) =>
      process.stdout.write(piece),
    );
    process.stdout.write('\n');
    if (reply.end !== 'finished') process.stderr.write(`(${reply.end})\n`);
    if (this.isChat) this.messages.push(question, { role: 'assistant', content: reply.text });
  }

  /** Ids of the talk with the question; the oldest turns go where it would be longer than the model's context. */
  private fitting(question: ChatMessage): number[] {
    const system = this.options.system === undefined ? [] : [{ role: 'system', content: this.options.system }];
    let dropped = 0;
    for (;;) {
      const messages = [...system, ...this.messages, question];
      const { tokenizer } = this.policy;
      const ids = tokenizer.encode(tokenizer.applyChatTemplate(messages, { addGenerationPrompt: true }));
      if (this.leavesRoom(ids) || this.messages.length === 0) {
        if (dropped > 0) process.stderr.write(`(the context is full: the oldest ${dropped} turns are forgotten)\n`);
        return this.checked(ids);
      }
      this.messages.splice(0, 2);
      dropped++;
    }
  }

  private idsOf(line: string): number[] {
    return this.checked(this.policy.tokenizer.encode(line, { addSpecialTokens: true }));
  }

  /** An answer wants some tokens: as many as asked for, at most a quarter of the context. */
  private leavesRoom(ids: number[]): boolean {
    const { maxPositions } = this.policy.config;
    return ids.length + Math.min(this.options.maxTokens, maxPositions >> 2) <= maxPositions;
  }

  private checked(ids: number[]): number[] {
    const { maxPositions } = this.policy.config;
    if (ids.length < maxPositions) return ids;
    throw new UserError(
      `That is ${ids.length} tokens long; the model takes fewer than ${maxPositions}. Say it shorter.`,
    );
  }
}
