/**
 * Jinja's interpreter under a budget. Templates are strangers' programs: with a few words they could loop for ever, or
 * make texts that fill the memory (`s + s`, `replace`, lists that hold themselves twice, widths of a billion).
 *
 * Each evaluation costs a step. Operations whose cost depends on their operands have these evaluated first and are
 * weighed before they are done; what they make is paid for afterwards.
 */
import { type JinjaEnvironment, JinjaInterpreter, type JinjaNode } from './engines.js';
import { type JinjaBudget, type JinjaValue, shallowSize, writtenSize } from './jinja_budget.js';

/** The parts of the engine's nodes that are looked at here. */
type Node = JinjaNode & Record<string, unknown>;

/** Takes the place of an operand that has been evaluated already. */
interface Held extends Node {
  type: 'Held';
  value: JinjaValue;
}

/** Nodes whose text has been paid for when its parts were printed. */
const BLOCKS = new Set(['Program', 'If', 'For']);
/** Nodes whose result is their operand, or a part of it: nothing is made. */
const PASSING = new Set(['Identifier', 'MemberExpression', 'Ternary', 'SelectExpression', 'StringLiteral']);
/** Filters that write out all that is in a list or map. */
const WRITING = new Set(['tojson', 'string', 'join']);
/** Filters with an integer that says how many spaces to put in. */
const SPACING = new Set(['tojson', 'indent']);

export class BoundedInterpreter extends JinjaInterpreter {
  /** @param printed the template's nodes whose values become text of their block, by `printedNodes` */
  constructor(
    environment: JinjaEnvironment,
    private readonly budget: JinjaBudget,
    private readonly printed: ReadonlySet<unknown>,
  ) {
    super(environment);
  }

  override evaluate(node: JinjaNode | undefined, environment: JinjaEnvironment): unknown {
    if (node?.type === 'Held') return (node as Held).value;
    this.budget.step();
    const weighed = node && this.weigh(node as Node, environment);
    const result = (
      weighed?.type === 'Held' ? (weighed as Held).value : super.evaluate(weighed, environment)
    ) as JinjaValue;
    if (node && !BLOCKS.has(node.type) && !(PASSING.has(node.type) && weighed === node)) this.budget.make(result);
    if (this.printed.has(node)) this.budget.write(writtenSize(result, this.budget).characters);
    return result;
  }

  /** The node with its operands evaluated, after what it will cost is found affordable. */
  private weigh(node: Node, environment: JinjaEnvironment): Node {
    switch (node.type) {
      case 'BinaryExpression':
        return this.weighBinary(node, environment);
      case 'FilterExpression':
        return this.weighFilter(node, environment);
      case 'FilterStatement': {
        const operand = { type: 'Program', body: node.body };
        return this.weighFilter({ type: 'FilterExpression', operand, filter: node.filter }, environment);
      }
      case 'CallExpression':
        return this.weighCall(node, environment);
      case 'CallStatement':
        return { ...node, call: this.weighCall(node.call as Node, environment) };
      case 'TestExpression': {
        const operand = this.hold(node.operand, environment);
        this.budget.operate(shallowSize(operand.value));
        return { ...node, operand };
      }
      case 'MemberExpression':
        return (node.property as Node).type === 'SliceExpression' ? this.weighSlice(node, environment) : node;
      case 'For':
        return this.weighLoop(node, environment);
      default:
        return node;
    }
  }

  private weighBinary(node: Node, environment: JinjaEnvironment): Node {
    const operator = (node.operator as { value: string }).value;
    if (operator === 'and' || operator === 'or') return node; // may leave out the right side
    const [left, right] = [this.hold(node.left, environment), this.hold(node.right, environment)];
    if (operator.endsWith('in')) {
      const needle = typeof left.value.value === 'string' ? left.value.value.length : 1;
      this.budget.operate(right.value.value instanceof Map ? needle : needle * shallowSize(right.value));
    } else if (typeof left.value.value !== 'number' || typeof right.value.value !== 'number') {
      const both = [left, right].map(({ value }) => writtenSize(value, this.budget).characters);
      this.budget.operate(both[0]! + both[1]!);
      this.budget.foresee(both[0]! + both[1]!);
    }
    return { ...node, left, right };
  }

  private weighFilter(node: Node, environment: JinjaEnvironment): Node {
    const call = node.filter as Node;
    const name = String((call.type === 'CallExpression' ? (call.callee as Node) : call).value);
    const operand = this.hold(node.operand, environment);
    const args = call.type === 'CallExpression' ? this.holdAll(call.args as Node[], environment) : [];
    const sizes = args.map((arg) => argumentSize(arg, SPACING.has(name)));
    this.weighOperation(operand.value, sizes, WRITING.has(name));
    return { ...node, operand, filter: call.type === 'CallExpression' ? { ...call, args } : call };
  }

  /** A call's receiver and arguments: `text.replace(old, new)`. */
  private weighCall(node: Node, environment: JinjaEnvironment): Node {
    const args = this.holdAll(node.args as Node[], environment);
    const sizes = args.map((arg) => argumentSize(arg, false));
    const callee = node.callee as Node;
    if (callee.type !== 'MemberExpression') {
      for (const size of sizes) this.budget.operate(size);
      return { ...node, args };
    }
    const object = this.hold(callee.object, environment);
    this.weighOperation(object.value, sizes, false);
    return stripped(object, callee, args) ?? { ...node, args, callee: { ...callee, object } };
  }

  /** At worst, an operation meets each argument at each place of its operand: a search, or a text put everywhere. */
  private weighOperation(operand: JinjaValue, argumentSizes: readonly number[], writes: boolean): void {
    const shallow = { characters: shallowSize(operand), parts: shallowSize(operand), depth: 0 };
    const { characters, parts, depth } = writes ? writtenSize(operand, this.budget) : shallow;
    const places = (typeof operand.value === 'string' ? operand.value.length + 1 : parts) * (depth + 1);
    const worst = characters + places * Math.max(1, ...argumentSizes);
    this.budget.operate(worst);
    this.budget.foresee(worst);
  }

  private weighSlice(node: Node, environment: JinjaEnvironment): Node {
    const object = this.hold(node.object, environment);
    this.budget.operate(shallowSize(object.value));
    return { ...node, object };
  }

  /** An empty body evaluates nothing, so its turns are paid for here. `for x in list if test` keeps its test. */
  private weighLoop(node: Node, environment: JinjaEnvironment): Node {
    const source = node.iterable as Node;
    const filtered = source.type === 'SelectExpression';
    const held = this.hold(filtered ? source.lhs : source, environment);
    this.budget.step(shallowSize(held.value));
    return { ...node, iterable: filtered ? { ...source, lhs: held } : held };
  }

  private hold(node: unknown, environment: JinjaEnvironment): Held {
    return { type: 'Held', value: this.evaluate(node as Node | undefined, environment) as JinjaValue };
  }

  /** Arguments in their order. String literals stay: some filters ask to see them as such. */
  private holdAll(args: readonly Node[], environment: JinjaEnvironment): Node[] {
    return args.map((arg) => {
      if (arg.type === 'StringLiteral') return arg;
      if (arg.type === 'KeywordArgumentExpression') return { ...arg, value: this.hold(arg.value, environment) };
      if (!arg.type.endsWith('SpreadExpression')) return this.hold(arg, environment);
      const argument = this.hold(arg.argument, environment);
      this.budget.step(shallowSize(argument.value));
      return { ...arg, argument };
    });
  }
}

/** `text.strip(characters)`, which the engine takes for `text.strip()`; Qwen3's template strips line ends alone. */
function stripped({ value: text }: Held, { property, computed }: Node, args: readonly Node[]): Held | undefined {
  const [, side] = (!computed && /^([lr]?)strip$/.exec(String((property as Node).value))) || [];
  const [arg] = args;
  if (side === undefined || args.length !== 1 || typeof text.value !== 'string') return undefined;
  const characters = arg!.type === 'Held' ? (arg as Held).value.value : arg!.value;
  if (typeof characters !== 'string') return undefined;
  const all = Array.from(text.value);
  let [start, end] = [0, all.length];
  if (side !== 'r') while (start < end && characters.includes(all[start]!)) start++;
  if (side !== 'l') while (end > start && characters.includes(all[end - 1]!)) end--;
  const Text = text.constructor as new (value: string) => JinjaValue;
  return { type: 'Held', value: new Text(all.slice(start, end).join('')) };
}

/** Size of an argument: a held value, a string literal, or either behind a keyword. */
function argumentSize(arg: Node, integersAreWidths: boolean): number {
  if (typeof arg.value === 'string') return arg.value.length;
  const held = (arg.type === 'KeywordArgumentExpression' ? arg.value : arg) as Held;
  if (held.type !== 'Held') return 1;
  const { value } = held.value;
  return integersAreWidths && typeof value === 'number' ? Math.abs(value) : shallowSize(held.value);
}

/** Nodes that stand in a block and whose values are therefore printed. */
export function printedNodes(program: JinjaNode): ReadonlySet<unknown> {
  const printed = new Set<unknown>();
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const [name, inner] of Object.entries(node)) {
      if (['body', 'alternate', 'defaultBlock'].includes(name) && Array.isArray(inner)) {
        for (const statement of inner) if (!BLOCKS.has(statement.type)) printed.add(statement);
      }
      visit(inner);
    }
  };
  visit(program);
  return printed;
}
