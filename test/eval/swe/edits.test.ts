import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyEdits, type Edit, insidePath, parseEdits } from '../../../lib/eval/swe/edits.js';
import { block } from './helpers.js';

const codes = (errors: readonly { code: string }[]) => errors.map(({ code }) => code);

/** Apply to files in memory; null stands for a file that is no text. */
async function apply(files: Record<string, string | null>, ...edits: Edit[]) {
  const result = await applyEdits(edits, { read: async (path) => files[path] });
  return { files: Object.fromEntries(result.files), errors: codes(result.errors) };
}

const edit = (path: string, search: string, replace: string): Edit => ({
  path,
  search: search === '' ? [] : search.split('\n'),
  replace: replace === '' ? [] : replace.split('\n'),
});

describe('parseEdits', () => {
  it('reads edits out of prose, several to an answer, several to a block', () => {
    const answer = [
      'The sum is wrong:',
      block('calc.py', 'a - b', 'a + b'),
      'and so is this:',
      '````\n### docs/guide.md\n<<<<<<< SEARCH\n```\nold\n```\n=======\n```\nnew\n```\n>>>>>>> REPLACE\n',
      '<<<<<<< SEARCH\nx\n=======\n>>>>>>> REPLACE\n### other.py\n<<<<<<< SEARCH\ny\n=======\nz\n\n>>>>>>> REPLACE\n````',
    ].join('\n');
    expect(parseEdits(answer)).toEqual({
      edits: [
        { path: 'calc.py', search: ['a - b'], replace: ['a + b'] },
        { path: 'docs/guide.md', search: ['```', 'old', '```'], replace: ['```', 'new', '```'] },
        { path: 'docs/guide.md', search: ['x'], replace: [] },
        { path: 'other.py', search: ['y'], replace: ['z', ''] },
      ],
      errors: [],
    });
  });

  it('reads back any edit whose lines are no marks', () => {
    const line = fc.string().map((text) => ` ${text.replace(/[\r\n]/g, ' ')}`);
    const lines = fc.array(line, { maxLength: 5 });
    fc.assert(
      fc.property(fc.array(fc.tuple(lines, lines), { minLength: 1, maxLength: 3 }), (pairs) => {
        const edits = pairs.map(([search, replace], i) => ({ path: `f${i}.py`, search, replace }));
        const text = (part: string[]) => part.map((item) => `${item}\n`).join('');
        const answer = edits
          .map(
            (e) =>
              `\`\`\`\n### ${e.path}\n<<<<<<< SEARCH\n${text(e.search)}=======\n${text(e.replace)}>>>>>>> REPLACE\n\`\`\``,
          )
          .join('\n');
        expect(parseEdits(answer)).toEqual({ edits, errors: [] });
      }),
    );
  });

  it.each([
    ['I do not know.', 'noEdit'],
    ['', 'noEdit'],
    ['### a.py\n<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE', 'notFenced'],
    ['```\n<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE\n```', 'noPath'],
    ['```\n### a.py\n```\n```\n<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE\n```', 'noPath'],
    ['```\n### a.py\n<<<<<<< SEARCH\na\n=======\nb\n```', 'unclosed'],
    ['```\n### a.py\n<<<<<<< SEARCH\na\n>>>>>>> REPLACE\n```', 'noDivider'],
    ['```\n### a.py\n<<<<<<< SEARCH\na\n=======\nb\n=======\nc\n>>>>>>> REPLACE\n```', 'severalDividers'],
  ])('says what is wrong with %j', (answer, code) => {
    const { edits, errors } = parseEdits(answer);
    expect([edits, codes(errors)]).toEqual([[], [code]]);
  });

  it('goes on after an edit that is cut off by the next one', () => {
    const { edits, errors } = parseEdits(
      `\`\`\`\n### a.py\n<<<<<<< SEARCH\na\n=======\n<<<<<<< SEARCH\nb\n=======\nc\n>>>>>>> REPLACE\n\`\`\``,
    );
    expect(edits).toEqual([{ path: 'a.py', search: ['b'], replace: ['c'] }]);
    expect(codes(errors)).toEqual(['unclosed']);
  });
});

describe('applyEdits', () => {
  it('replaces whole lines, each edit on what the ones before it left', async () => {
    const files = { 'a.py': 'one\ntwo\nthree\n' };
    expect(await apply(files, edit('a.py', 'two', '2\n2b'), edit('a.py', '2b\nthree', 'end'))).toEqual({
      files: { 'a.py': 'one\n2\nend\n' },
      errors: [],
    });
  });

  it.each([
    ['one\ntwo', 'two', 'TWO', 'one\nTWO'],
    ['one\ntwo\n', 'one', '', 'two\n'],
    ['one\n', 'one', '', ''],
    ['one\r\ntwo\r\n', 'one', '1\n1b', '1\r\n1b\r\ntwo\r\n'],
    ['a\n\n\nb\n', '\nb', 'c', 'a\n\nc\n'],
  ])('keeps the ends of lines and of the file: %j', async (content, search, replace, expected) => {
    expect(await apply({ f: content }, edit('f', search, replace))).toEqual({ files: { f: expected }, errors: [] });
  });

  it.each([
    ['identical', edit('a.py', 'one', 'one')],
    ['identical', edit('a.py', '', '')],
    ['emptySearch', edit('a.py', '', 'new')],
    ['notFound', edit('a.py', 'on', 'x')],
    ['notFound', edit('a.py', ' one', 'x')],
    ['notFound', edit('a.py', 'one\nthree', 'x')],
    ['notFound', edit('a.py', 'three\n', 'x')],
    ['ambiguous', edit('a.py', 'two', 'x')],
    ['missingFile', edit('b.py', 'one', 'x')],
    ['notText', edit('logo.png', 'one', 'x')],
    ['outside', edit('../a.py', 'one', 'x')],
    ['outside', edit('/etc/passwd', 'one', 'x')],
    ['outside', edit('.git/config', 'one', 'x')],
  ])('%s: %j', async (code, wrong) => {
    const files = { 'a.py': 'one\ntwo\ntwo\nthree\n', 'logo.png': null };
    expect(await apply(files, wrong)).toEqual({ files: {}, errors: [code] });
  });

  it('finds the one place among all others', async () => {
    const line = fc.constantFrom('a', 'b', '', ' a');
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { minLength: 1, maxLength: 8 }),
        fc.array(line, { minLength: 1, maxLength: 3 }),
        async (lines, search) => {
          const content = `${lines.join('\n')}\n`;
          const places = content
            .split('\n')
            .slice(0, -1)
            .filter((_, i, all) => search.every((text, j) => all[i + j] === text));
          const { files, errors } = await apply({ f: content }, { path: 'f', search, replace: ['new'] });
          expect(errors).toEqual(places.length === 0 ? ['notFound'] : places.length === 1 ? [] : ['ambiguous']);
          if (places.length === 1)
            expect(files.f).toBe(`\n${content}`.replace(`\n${search.join('\n')}\n`, '\nnew\n').slice(1));
        },
      ),
    );
  });
});

describe('insidePath', () => {
  it.each([
    ['a/b.py', 'a/b.py'],
    ['./a//b.py', 'a/b.py'],
    ['a/../b.py', 'b.py'],
    ['a\\b.py', 'a/b.py'],
    ['..', undefined],
    ['a/../../b.py', undefined],
    ['/a', undefined],
    ['~/a', undefined],
    ['C:\\a', undefined],
    ['.GIT/hooks/x', undefined],
    ['.github/x.yml', '.github/x.yml'],
    ['.', undefined],
    ['a\0b', undefined],
  ])('%j is %j', (path, expected) => {
    expect(insidePath(path)).toBe(expected);
  });
});
