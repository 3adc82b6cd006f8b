/**
 * Chat templates: Jinja programs that come with a model and turn messages into its prompt text. A template is a stranger's
 * program: it sees nothing but the variables it is given, and it runs under a budget of steps, time and memory.
 */
import { UserError } from '../errors.js';
import { BoundedInterpreter, printedNodes } from './bounded_jinja.js';
import { JinjaEnvironment, type JinjaNode, parseJinja } from './engines.js';
import { JinjaBudget } from './jinja_budget.js';
import { strftime } from './strftime.js';

/** Characters of a template; those of real models have up to some ten thousand. */
const MAX_SOURCE = 1_000_000;
/** Characters of the engine's, or the template's own, message that an error shows. */
const MAX_REASON = 500;

export class ChatTemplate {
  private readonly program: JinjaNode;
  private readonly printed: ReadonlySet<unknown>;

  /**
   * @param source the Jinja text.
   * @param origin where it came from, named in errors.
   * @throws UserError when the text is not a template that the engine understands.
   */
  constructor(
    source: string,
    private readonly origin: string,
  ) {
    if (source.length > MAX_SOURCE) {
      throw new UserError(
        `The chat template of ${origin} has ${source.length} characters; at most ${MAX_SOURCE} are allowed.`,
      );
    }
    try {
      // The two switches are those of transformers' own environment; Jinja itself takes every line end for \n.
      this.program = parseJinja(source.replace(/\r\n?/g, '\n'), { lstrip_blocks: true, trim_blocks: true });
      this.printed = printedNodes(this.program);
    } catch (error) {
      throw new UserError(`The chat template of ${origin} cannot be parsed: ${reasonOf(error)}`);
    }
  }

  /** Run the template. A variable that is `undefined` counts as not defined; `null` is Jinja's `none`. */
  render(variables: Record<string, unknown>): string {
    const environment = new JinjaEnvironment();
    const budget = new JinjaBudget();
    try {
      for (const [name, value] of Object.entries({ ...globals(budget), ...variables })) {
        if (value !== undefined) environment.set(name, value);
      }
      return String(new BoundedInterpreter(environment, budget, this.printed).run(this.program).value);
    } catch (error) {
      throw new UserError(`The chat template of ${this.origin} failed: ${reasonOf(error)}`);
    }
  }
}

/** An error's message, short and without control characters: the template may have written it. */
function reasonOf(error: unknown): string {
  const { message } = error as Error;
  const cut = message.length > MAX_REASON ? `${message.slice(0, MAX_REASON)}…` : message;
  return cut.replace(/[^\P{Cc}\n\t]/gu, '\uFFFD');
}

/** Names that every template may use, as transformers provides them. */
function globals(budget: JinjaBudget): Record<string, unknown> {
  return {
    true: true,
    True: true,
    false: false,
    False: false,
    none: null,
    None: null,
    range: (...bounds: [number, number?, number?]) => range(budget, ...bounds),
    strftime_now: (format: string) => strftime(new Date(), format),
    raise_exception: (message: string) => {
      throw new Error(message);
    },
  };
}

/** Python's `range`. */
function range(budget: JinjaBudget, startOrStop: number, maybeStop?: number, step = 1): number[] {
  const [start, stop] = maybeStop === undefined ? [0, startOrStop] : [startOrStop, maybeStop];
  const length = Math.max(0, Math.ceil((stop - start) / step));
  budget.step(length);
  return Array.from({ length }, (_, i) => start + i * step);
}
