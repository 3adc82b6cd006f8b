/**
 * Chat templates: Jinja programs that come with a model and turn messages into its prompt text.
 *
 * A template is a stranger's program, so it runs bounded: evaluated expressions and elements of `range()` together are
 * at most {@link MAX_STEPS} (a chat of 100 messages takes some ten thousand). Memory is bounded by that alone.
 */
import { UserError } from '../errors.js';
import { JinjaEnvironment, JinjaInterpreter, type JinjaNode, parseJinja } from './engines.js';
import { strftime } from './strftime.js';

const MAX_STEPS = 500_000;

export class ChatTemplate {
  private readonly program: JinjaNode;

  /**
   * @param source the Jinja text.
   * @param origin where it came from, named in errors.
   * @throws UserError when the text is not a template that the engine understands.
   */
  constructor(
    source: string,
    private readonly origin: string,
  ) {
    try {
      // The two switches are those of transformers' own environment.
      this.program = parseJinja(source, { lstrip_blocks: true, trim_blocks: true });
    } catch (error) {
      throw new UserError(`The chat template of ${origin} cannot be parsed: ${(error as Error).message}`);
    }
  }

  /** Run the template. A variable that is `undefined` counts as not defined; `null` is Jinja's `none`. */
  render(variables: Record<string, unknown>): string {
    const environment = new JinjaEnvironment();
    const budget = new Budget();
    try {
      for (const [name, value] of Object.entries({ ...globals(budget), ...variables })) {
        if (value !== undefined) environment.set(name, value);
      }
      return String(new BoundedInterpreter(environment, budget).run(this.program).value);
    } catch (error) {
      throw new UserError(`The chat template of ${this.origin} failed: ${(error as Error).message}`);
    }
  }
}

class Budget {
  private steps = 0;

  spend(steps: number): void {
    this.steps += steps;
    if (!(this.steps <= MAX_STEPS)) throw new Error(`it did not end within ${MAX_STEPS} evaluation steps`);
  }
}

/** Pays for each evaluation, so that nested loops cannot run for ever. */
class BoundedInterpreter extends JinjaInterpreter {
  constructor(
    environment: JinjaEnvironment,
    private readonly budget: Budget,
  ) {
    super(environment);
  }

  override evaluate(node: JinjaNode | undefined, environment: JinjaEnvironment): unknown {
    this.budget.spend(1);
    return super.evaluate(node, environment);
  }
}

/** Names that every template may use, as transformers provides them. */
function globals(budget: Budget): Record<string, unknown> {
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
function range(budget: Budget, startOrStop: number, maybeStop?: number, step = 1): number[] {
  const [start, stop] = maybeStop === undefined ? [0, startOrStop] : [startOrStop, maybeStop];
  const length = Math.max(0, Math.ceil((stop - start) / step));
  budget.spend(length);
  return Array.from({ length }, (_, i) => start + i * step);
}
