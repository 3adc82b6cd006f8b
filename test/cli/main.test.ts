import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../bindings/load.js';
import { commands } from '../../lib/cli/commands/index.js';
import { foothold } from './run.js';

describe('foothold --help', () => {
  it('lists every command with an example', () => {
    const { status, stdout, stderr } = foothold(['--help']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const [list = '', examples = ''] = stdout.split('Examples:');
    for (const { command } of commands) {
      const name = command.split(' ')[0]!;
      expect(list).toMatch(new RegExp(`^  foothold ${name}\\b`, 'm'));
      expect(examples).toMatch(new RegExp(`foothold ${name}\\b`));
    }
  });

  it.each(commands.map(({ command }) => command.split(' ')[0]!))('of %s shows its examples', (name) => {
    const { status, stdout } = foothold([name, '--help']);
    expect(status).toBe(0);
    expect(stdout).toMatch(new RegExp(`Examples:\n(.*\n)*.*foothold ${name}\\b`));
  });
});

describe('foothold', () => {
  it('prints its version', () => {
    const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8'));
    expect(foothold(['--version'])).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
  });

  it.each([
    [[], 'Name a command.'],
    [['docter'], 'Unknown command docter. Did you mean doctor?'],
    [['xyzzy'], 'Unknown command xyzzy.'],
    [['doctor', '--josn'], 'Unknown option --josn. Did you mean --json?'],
    [['doctor', '--jsn=1'], 'Unknown option --jsn. Did you mean --json?'],
    [['doctor', '--nothing-like-it'], 'Unknown option --nothing-like-it.'],
    [['doctor', 'more'], 'Unexpected argument more.'],
    [['train'], 'Too few arguments: foothold train <config>'],
    [['generate', '--seed', '1'], 'Missing --model, --prompt.'],
    [['generate', '--model', 'a', '--prompt', 'b', '--model', 'c'], '--model is given 2 times.'],
    [['generate', '--model', 'a', '--prompt', 'b', '--max-tokens', 'few'], '--max-tokens takes a number.'],
    [
      ['generate', '--model', 'a', '--prompt', 'b', '--dtype', 'int8'],
      expect.stringMatching(/dtype.*"int8".*"bfloat16"/),
    ],
  ])('ends with 2 and a hint on stderr for %j', (args, message) => {
    const { status, stdout, stderr } = foothold(args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    const [first, ...rest] = stderr.split('\n');
    expect(first?.replace('foothold: ', '')).toEqual(message);
    expect(rest).toEqual(['Try `foothold --help`.', '']);
  });

  it('ends with 1 and one message when a command fails; --verbose adds the stack trace', () => {
    const env = { LIBTORCH: '/nowhere' };
    const message = 'foothold: LIBTORCH names /nowhere, which is not there.\n';
    expect(foothold(['setup'], env)).toEqual({ status: 1, stdout: '', stderr: message });
    const { status, stderr } = foothold(['setup', '--verbose'], env);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^foothold: LIBTORCH names .*\n.*\n {4}at /);
  });
});

it.each([
  [['prepare', 'x', '--out'], '--out takes a value.'],
  [['prepare', 'x', '--no-out'], '--out takes a value.'],
  [['train', 'x', '--set'], '--set takes a value.'],
  [['eval', '--model', 'm', '--data', 'd', '--limit'], '--limit takes a value.'],
  [['generate', '--model', 'm', '--prompt', 'p', '--seed='], '--seed takes a value.'],
  [['generate', '--model', 'm', '--prompt', '--seed', '1'], '--prompt takes a value.'],
])('%j is wrong usage', (args, message) => {
  expect(foothold(args)).toMatchObject({ status: 2, stderr: expect.stringContaining(message) });
});

it('an empty text is a value', () => {
  const { stderr } = foothold(['generate', '--model', './nowhere', '--prompt', '', '--raw']);
  expect(stderr).toContain('There is no model folder');
});
