/** Templates are strangers' programs: whatever they try ends soon, in little memory, with an error that names them. */
import { describe, expect, it } from 'vitest';
import { ChatTemplate } from '../../lib/prompt/chat_template.js';
import { makeTemplate, renderPrompt } from '../../lib/prompt/template.js';

const render = (source: string, variables: Record<string, unknown> = {}) =>
  new ChatTemplate(source, 'tiny').render(variables);

/** Statements that make `s` a text of 2 to the power of `doublings`. */
const long = (doublings: number, name = 's', text = 'a') =>
  `{% set n_${name} = namespace(s='${text}') %}{% for i in range(${doublings}) %}{% set n_${name}.s = n_${name}.s + n_${name}.s %}{% endfor %}{% set ${name} = n_${name}.s %}`;
/** Statements that make `l` a list that holds itself twice, again and again: short to say, endless to write out. */
const bush =
  '{% set n = namespace(l=[1]) %}{% for i in range(60) %}{% set n.l = [n.l, n.l] %}{% endfor %}{% set l = n.l %}';

describe('a chat template that would run for ever', () => {
  it.each([
    '{% for a in range(10**9) %}{% endfor %}',
    '{% for a in range(99999) %}{% for b in range(99999) %}{{ b }}{% endfor %}{% endfor %}',
    '{% for a in range(99999) %}{% for b in range(99999) %}{% break %}{% endfor %}{% endfor %}',
    '{% set r = range(50000) %}{% for a in r %}{% for b in r %}{% endfor %}{% endfor %}',
    '{% set r = range(50000) %}{% for a in r %}{% for b in r if false %}{% endfor %}{% endfor %}',
    '{% macro f() %}{{ varargs | length }}{% endmacro %}{% set r = range(50000) %}{% for a in r %}{{ f(*r) }}{% endfor %}',
    '{% for a in range(0, 5, 0) %}{% endfor %}',
    `${long(20)}${long(20, 't')}{% for i in range(9999) %}{{ (s + 'b') in (t + t) }}{% endfor %}`,
    `${long(20)}{% for i in range(99999) %}{{ s is lower }}{% endfor %}`,
    `${long(20)}{% for i in range(99999) %}{{ s.startswith(s) }}{% endfor %}`,
    `${long(20)}{% for i in range(99999) %}{{ s == s }}{% endfor %}`,
  ])('%s', (source) => {
    expect(() => render(source)).toThrow(
      /^The chat template of tiny failed: (it did not end|it takes too long|it makes)/,
    );
  });
});

describe('a chat template that would fill the memory or the stack', () => {
  it.each([
    '{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}',
    long(99),
    `${long(20)}{{ s | replace('a', s) }}`,
    `${long(20)}{{ s.replace('', s) }}`,
    `${long(20)}{{ s | list | join(s) }}`,
    `${long(20)}{{ s.split('a') | join(s) }}`,
    `${long(20)}{{ s | indent(width=500000000, first=true) }}`,
    "{{ ['a'] | tojson(indent=500000000) }}",
    `${long(20)}{{ range(99) | tojson(separators=(s, s)) }}`,
    `${long(20)}{% for a in range(9999) %}{{ s }}{% endfor %}`,
    `${long(20)}{% for a in range(9999) %}{% set b = s.upper() %}{{ '' }}{% endfor %}`,
    `${long(20)}{% filter replace('a', s) %}{{ s }}{% endfilter %}`,
    `${long(20)}{% macro f() %}{{ caller() }}{{ caller() }}{% endmacro %}{% for i in range(99) %}{% call f() %}{{ s }}{% endcall %}{% endfor %}`,
    `${bush}{{ l }}`,
    `${bush}{{ l | tojson }}`,
    `${bush}{{ l | string }}`,
    `${bush}{{ l ~ 'a' }}`,
    `${bush}{{ l == 'a' }}`,
    `${bush}{{ l | join }}`,
    `${bush}{{ {'a': l} }}`,
    '{% set n = namespace(l=[1]) %}{% for i in range(60) %}{% set n.l = n.l + n.l %}{% endfor %}',
    '{% set n = namespace(a=1) %}{% set n.self = n %}{{ n }}',
    '{% set n = namespace(l=1) %}{% for i in range(99999) %}{% set n.l = [n.l] %}{% endfor %}{{ n.l }}',
    `${long(20)}{{ raise_exception(s) }}`,
  ])('%s', (source) => {
    const before = process.resourceUsage().maxRSS;
    expect(() => render(source)).toThrow(/^The chat template of tiny failed: .{1,600}$/s);
    expect(process.resourceUsage().maxRSS - before).toBeLessThan(400_000); // kilobytes
  });
});

describe('a chat template', () => {
  it('has room for a chat of 200 messages of 10,000 characters', () => {
    const source =
      "{% for m in messages %}{% if 'x' in m.content and m.content.strip() == m.content %}" +
      "{{ '<' + m.role + '>' + (m.content | replace('x', 'yy') | trim) ~ '\n' }}{% endif %}" +
      '{% if loop.index < messages | length and messages[loop.index].role != m.role %}{{ m | tojson | length }}{% endif %}' +
      '{% endfor %}';
    const messages = Array.from({ length: 200 }, (_, i) => ({
      role: i % 2 ? 'user' : 'bot',
      content: 'x'.repeat(1e4),
    }));
    expect(render(source, { messages }).length).toBeGreaterThan(4e6);
  });

  it('sees the variables it is given and nothing of the process', () => {
    const names = ['process', 'require', 'globalThis', 'constructor', '__proto__', 'import', 'eval'];
    for (const name of names) expect(render(`{{ ${name} is defined }}`)).toBe('false');
    const paths = [
      "''.constructor",
      "[]['__proto__']",
      '{}.constructor.constructor',
      'range.constructor',
      'm.__proto__',
    ];
    for (const path of paths) expect(render(`{{ (${path}) is defined }}`, { m: { a: 1 } })).toBe('false');
    expect(() => render("{{ ''.constructor('return process')() }}")).toThrow(/Cannot call something/);
  });

  it('does not write control characters into the terminal through its error', () => {
    expect(() => render("{{ raise_exception('\u001b[2Jgone') }}")).toThrow('failed: \uFFFD[2Jgone');
  });

  it.each([
    ['is too long', 'a'.repeat(1_000_001), /has 1000001 characters; at most 1000000 are allowed/],
    ['opens 100,000 blocks', '{% if a %}'.repeat(100_000), /cannot be parsed/],
    ['nests 100,000 brackets', `{{ ${'('.repeat(100_000)}1${')'.repeat(100_000)} }}`, /cannot be parsed/],
  ])('that %s is refused', (_, source, message) => {
    expect(() => render(source)).toThrow(message);
  });
});

describe('a prompt template', () => {
  const instance = {
    id: 'a#1',
    trajectoryId: 'a',
    step: 1,
    numSteps: 1,
    problem: '{{problem}}{{#steps}}{{step}}{{/steps}} $& $1',
    context: [],
    target: '',
  };
  const plain = { chatTemplate: null, applyChatTemplate: () => '' };

  it('does not read what is put into a slot as template language again', () => {
    const { text } = renderPrompt(instance, makeTemplate('{{problem}}|{{problem}}', 'twice'), plain);
    expect(text).toBe(`${instance.problem}|${instance.problem}`);
  });

  it('with 50,000 sections in one another is refused', () => {
    const depth = 50_000;
    const source = `${'{{#hint}}'.repeat(depth)}{{problem}}${'{{/hint}}'.repeat(depth)}`;
    expect(() => makeTemplate(source, 'deep')).toThrow(/deep line 1: .*nested/);
  });
});
