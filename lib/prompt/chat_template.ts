/**
 * Chat templates: Jinja programs that come with a model and turn messages into its prompt text.
 *
 * A template is a stranger's program, so it runs bounded: at most {@link MAX_STEPS} evaluated expressions and
 * {@link MAX_RANGE} elements of one `range()`. Lists that double themselves are bounded by the steps only.
 */
import { UserError } from '../errors.js';
import { JinjaEnvironment, JinjaInterpreter, type JinjaNode, parseJinja } from './engines.js';
import { strftime } from './strftime.js';

const MAX_STEPS = 5_000_000;
const MAX_RANGE = 100_000;

export class ChatTemplate {
  private readonly program: JinjaNode;

  /**
   * @param source the Jinja text.
   * @param origin where it came from, named in errors.
   * @throws UserError when the text is not a template that the engine understands.
   */
  constructor(
    readonly source: string,
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
    try {
      for (const [name, value] of Object.entries({ ...globals(), ...variables })) {
        if (value !== undefined) environment.set(name, value);
      }
      return String(new BoundedInterpreter(environment).run(this.program).value);
    } catch (error) {
      throw new UserError(`The chat template of ${this.origin} failed: ${(error as Error).message}`);
    }
  }
}

/** Counts evaluations, so that nested loops cannot run for ever. */
class BoundedInterpreter extends JinjaInterpreter {
  private steps = 0;

  override evaluate(node: JinjaNode | undefined, environment: JinjaEnvironment): unknown {
    this.steps += 1;
    if (this.steps > MAX_STEPS) throw new Error(`it did not end within ${MAX_STEPS} evaluation steps`);
    return super.evaluate(node, environment);
  }
}

/** Names that every template may use, as transformers provides them. */
function globals(): Record<string, unknown> {
  return {
    true: true,
    True: true,
    false: false,
    False: false,
    none: null,
    None: null,
    range: boundedRange,
    strftime_now: (format: string) => strftime(new Date(), format),
    raise_exception: (message: string) => {
      throw new Error(message);
    },
  };
}

/** Python's `range`. */
function boundedRange(startOrStop: number, maybeStop?: number | null, step = 1): number[] {
  const [start, stop] = maybeStop == null ? [0, startOrStop] : [startOrStop, maybeStop];
  const length = Math.max(0, Math.ceil((stop - start) / step));
  if (!(length <= MAX_RANGE)) throw new Error(`range(${start}, ${stop}, ${step}) has more than ${MAX_RANGE} elements`);
  return Array.from({ length }, (_, i) => start + i * step);
}
