/** Where a configuration came from: the YAML text with its lines, and the `--set` options laid over it. */
import { isMap, isSeq, LineCounter, type Node, type ParsedNode, parse, parseDocument } from 'yaml';
import { UserError } from '../errors.js';

/** Characters of a configuration; real ones have a few thousand. Comparing keys takes time with their number's square. */
const MAX_TEXT = 65_536;

export type KeyPath = readonly (string | number)[];

export class ConfigSource {
  private constructor(
    /** The configuration as plain values, not yet checked. */
    readonly value: unknown,
    private readonly name: string,
    private readonly root: ParsedNode | null,
    private readonly lines: LineCounter,
    private readonly overrides: KeyPath[],
  ) {}

  /**
   * @param text YAML, or JSON, which is YAML too.
   * @param name what messages call it, mostly the file.
   * @param sets `key.path=value` with the value in YAML; they win over the text.
   * @throws UserError for text that is not YAML, with file and line, or that is far too long.
   */
  static parse(text: string, name: string, sets: readonly string[] = []): ConfigSource {
    if (text.length > MAX_TEXT) {
      throw new UserError(`${name}: has ${text.length} characters; a configuration has at most ${MAX_TEXT}`);
    }
    const lines = new LineCounter();
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
    const error = document.errors[0];
    if (error) throw new UserError(`${name}:${lines.linePos(error.pos[0]).line}: not valid YAML: ${error.message}`);
    let value = plainValue(document, name);
    const overrides: KeyPath[] = [];
    for (const set of sets) {
      const { path, value: given } = parseSet(set);
      for (const place of [path, ...ofStages(value, path, set)]) {
        value = setIn(value ?? {}, place, given, set);
        overrides.push(place);
      }
    }
    return new ConfigSource(value, name, document.contents, lines, overrides);
  }

  /** A configuration made in code, without lines. */
  static of(value: unknown, name = 'configuration'): ConfigSource {
    return new ConfigSource(value, name, null, new LineCounter(), []);
  }

  /** `file:line` of the key at `path`, of its nearest parent when it is not there, or the `--set` that gave it. */
  locate(path: KeyPath): string {
    if (this.overrides.some((set) => set.every((key, i) => String(key) === String(path[i])))) {
      return `--set ${path.join('.')}`;
    }
    const offset = this.offset(path);
    return offset === undefined ? this.name : `${this.name}:${this.lines.linePos(offset).line}`;
  }

  private offset(path: KeyPath): number | undefined {
    let node: Node | null = this.root;
    let offset = node?.range?.[0];
    for (const key of path) {
      let next: Node | null = null;
      if (isMap<Node, Node>(node)) {
        const pair = node.items.find((item) => String(item.key) === String(key));
        offset = pair?.key.range?.[0] ?? offset;
        next = pair?.value ?? null;
      } else if (isSeq<Node>(node)) {
        next = node.items[Number(key)] ?? null;
        offset = next?.range?.[0] ?? offset;
      }
      if (!next) break;
      node = next;
    }
    return offset;
  }
}

/** @throws UserError for anchors that hold themselves, or that unfold to more than any configuration needs */
function plainValue(document: { toJS(): unknown }, name: string): unknown {
  try {
    const value = document.toJS();
    JSON.stringify(value);
    return value;
  } catch (error) {
    const reason = error instanceof TypeError ? 'an anchor (&) holds an alias (*) of itself' : (error as Error).message;
    throw new UserError(`${name}: cannot be unfolded: ${reason}`);
  }
}

function parseSet(set: string): { path: string[]; value: unknown } {
  const equals = set.indexOf('=');
  const path = set.slice(0, Math.max(equals, 0)).split('.');
  if (path.some((key) => key.trim() === '')) {
    throw new UserError(`--set ${set}: expected key.path=value, as in --set learningRate=1e-6`, 'FOOTHOLD_USAGE');
  }
  try {
    return { path, value: parse(set.slice(equals + 1)) as unknown };
  } catch (error) {
    throw new UserError(`--set ${set}: the value is not valid YAML: ${(error as Error).message}`, 'FOOTHOLD_USAGE');
  }
}

/** Where stages have a value of their own for a setting of the top level: it is replaced there too. */
function ofStages(value: unknown, path: readonly string[], set: string): string[][] {
  const stages = typeof value === 'object' && value !== null && 'stages' in value ? value.stages : undefined;
  const [key, ...rest] = path;
  if (key === 'stages' && rest.length > 1 && stages === undefined) {
    throw new UserError(
      `--set ${set}: the configuration is of one stage without a list: give ${rest.slice(1).join('.')} itself`,
      'FOOTHOLD_USAGE',
    );
  }
  if (!Array.isArray(stages) || key === 'stages' || key === 'method') return [];
  const having = stages.flatMap((stage, i) => (typeof stage === 'object' && stage && key! in stage ? [`${i}`] : []));
  return having.map((i) => ['stages', i, ...path]);
}

/** A copy of `target` with the value at `path` replaced; missing parents become maps. */
function setIn(target: unknown, path: readonly string[], value: unknown, set: string): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (Array.isArray(target)) {
    const index = Number(key);
    if (!Number.isInteger(index) || index < 0 || index >= target.length) {
      throw new UserError(`--set ${set}: ${key} is not an index of a list of ${target.length}`, 'FOOTHOLD_USAGE');
    }
    return target.map((item, i) => (i === index ? setIn(item, rest, value, set) : item));
  }
  // A shorthand such as `model: some/path` gives way to a map: setting model.dtype must keep the path.
  const map =
    typeof target === 'object' && target !== null
      ? (target as Record<string, unknown>)
      : fromShorthand(target, path, set);
  return { ...map, [key]: setIn(map[key], rest, value, set) };
}

function fromShorthand(target: unknown, path: readonly string[], set: string): Record<string, unknown> {
  if (target === undefined || target === null) return {};
  const parent = set.slice(0, set.indexOf('=')).split('.').slice(0, -path.length).join('.');
  if (parent === 'model') return { path: target };
  if (parent === 'data') return { train: target };
  throw new UserError(`--set ${set}: ${parent} is a single value, it has no ${path[0]}`, 'FOOTHOLD_USAGE');
}
