import { describe, expect, it } from 'vitest';
import { outlineOf } from '../../lib/data/outline.js';

function steps(text: string): string[] | string {
  const outline = outlineOf(text);
  return 'reason' in outline
    ? outline.reason
    : outline.steps.map(({ title, text: body }) => (title ? `${title} | ${body}` : body));
}

describe('outlineOf', () => {
  it.each([
    ['1. **A**: a\n2. **B:** b\n3. **C** c', ['A | a', 'B | b', 'C | c']],
    ['1) **A**\na\n\n2) **B**\nb', ['A | a', 'B | b']],
    ['## Step 1: A\na\n## Step 2: B\nb', ['A | a', 'B | b']],
    ['### 1. A\na\n\n### 2. B\nb', ['A | a', 'B | b']],
    ['### 1. **A**\na\n### 2. **B**\nb', ['A | a', 'B | b']],
    ['### **Step 1: A**\na\n---\n### **Step 2: B**\nb', ['A | a', 'B | b']],
    ['**Step 1: A** a\n**Step 2: B** b', ['A | a', 'B | b']],
    ['### 1 - A\na\n### 2 – B\nb', ['A | a', 'B | b']],
    ['**1 - A**\na\n**2 - B**\nb', ['A | a', 'B | b']],
    ['**1**: a\n**2**: b', ['a', 'b']],
    ['**1. A**\na\n**2. B**\nb', ['A | a', 'B | b']],
    ['Step 1: a\nStep 2: b\nmore', ['a', 'b\nmore']],
    ['1. a\n2. b\n3. c', ['a', 'b', 'c']],
    ['1. **Only a title.**\n2. **B**: b', ['Only a title', 'B | b']],
    ['1. **A**: a\r\n2. **B**: b\r\n', ['A | a', 'B | b']],
  ])('knows the style of %j', (text, expected) => {
    expect(steps(text)).toEqual(expected);
  });

  it('leaves lists inside a step alone: indented, begun again at 1, or of another style', () => {
    expect(steps('1. **A**:\n   1. **x**\n   2. **y**\n2. **B**: b')).toEqual(['A | 1. **x**\n   2. **y**', 'B | b']);
    expect(steps('1. a\n2. b:\n1. x\n2. y\n3. z\n\nSo.\n\n3. c')).toEqual(['a', 'b:\n1. x\n2. y\n3. z\n\nSo.', 'c']);
    expect(steps('### Step 1: A\n1. x\n2. y\n3. z\n### Step 2: B\nb')).toEqual(['A | 1. x\n2. y\n3. z', 'B | b']);
  });

  it.each([
    '**3 apples** in total.',
    '**42**',
    '**2024** was it',
    '### 3D view',
    '### 3.5 is it',
    '### 2024 budget',
    '**1.5** m',
  ])('takes %s for text', (line) => {
    for (const head of ['### Step', '**Step']) {
      const end = head.startsWith('*') ? '**' : '';
      const text = `${head} 1: A${end}\na\n${head} 2: B${end}\n${line}\n${head} 3: C${end}\nc`;
      expect(steps(text)).toEqual(['A | a', `B | ${line}`, 'C | c']);
    }
  });

  it('sees no step inside code, environments and display formulas', () => {
    for (const [open, close] of [
      ['```', '```'],
      ['~~~text', '~~~'],
      ['\\begin{enumerate}', '\\end{enumerate}'],
      ['\\[', '\\]'],
      ['$$', '$$'],
    ]) {
      const text = `1. **A**:\n${open}\n2. **no**\n${close}\n2. **B**: b`;
      expect(steps(text)).toEqual([`A | ${open}\n2. **no**\n${close}`, 'B | b']);
    }
  });

  it('lets what is opened and never closed hide nothing', () => {
    expect(steps('1. **A**: costs $$5\n2. **B**: b')).toEqual(['A | costs $$5', 'B | b']);
    expect(steps('1. **A**:\n```\ncode\n2. **B**: b')).toEqual(['A | ```\ncode', 'B | b']);
  });

  it('takes line breaks with a distance for what they are', () => {
    expect(steps('1. **A**: $x \\\\[2pt] y$\n2. **B**: b')).toEqual(['A | $x \\\\[2pt] y$', 'B | b']);
  });

  it.each([
    ['a\n\nb', 'not a list of numbered steps'],
    ['1. **A**: a', 'not a list of numbered steps'],
    ['1. **A**: a\n2. **B**: b\n4. **D**: d', 'the step numbers have a gap'],
    ['A long introduction that says all there is to say.\n1. a\n2. b', 'not a list of numbered steps'],
  ])('says why %j is no list of steps', (text, reason) => {
    expect(steps(text)).toBe(reason);
  });

  it('ends the last step where the conclusion begins', () => {
    for (const closing of [
      'Thus $\\boxed{5}$.',
      '**Final Answer**: 5',
      '### Conclusion\nIt is 5.',
      'The answer is 5.',
      '---\nSo 5.',
    ]) {
      const outline = outlineOf(`1. **A**: a\n2. **B**: b\n\n${closing}`);
      expect(outline).toMatchObject({ steps: [{ text: 'a' }, { text: 'b' }], closing });
    }
    expect(outlineOf('1. **A**: a\n2. **Conclusion**:\n\nThe answer is $\\boxed{5}$.')).toMatchObject({
      steps: [{ text: 'a' }, { title: 'Conclusion', text: 'The answer is $\\boxed{5}$.' }],
      closing: '',
    });
  });

  it('is quick with a step of 100,000 characters', () => {
    for (const filler of ['a', ' ', '$', '**', '#', '1. ', '```\n', '\\begin{']) {
      const long = filler.repeat(100_000 / filler.length);
      const start = performance.now();
      outlineOf(`1. **A**: ${long}\n2. **B**: ${long}\n`);
      expect(performance.now() - start).toBeLessThan(2000);
    }
  });
});
