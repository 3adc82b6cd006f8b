import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { crc32c, maskedCrc32c } from '../../lib/report/tensorboard/crc32c.js';
import { record, restartEvent, scalarsEvent, versionEvent } from '../../lib/report/tensorboard/event.js';
import { scalarsOf, TensorBoard } from '../../lib/report/tensorboard/index.js';

interface Fixture {
  wallTime: number;
  checksums: { data: string; masked: number }[];
  records: { kind: 'version' | 'restart' | 'scalars'; step: number; scalars: Record<string, number>; hex: string }[];
}
const fixture = JSON.parse(readFileSync('test/fixtures/report/tensorboard.json', 'utf8')) as Fixture;
const { wallTime } = fixture;

describe('CRC-32C', () => {
  // RFC 3720, appendix B.4
  it.each([
    ['32 zeros', Buffer.alloc(32), 0x8a9136aa],
    ['32 ones', Buffer.alloc(32, 0xff), 0x62a8ab43],
    ['0 to 31', Buffer.from(Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e],
    ['the check string', Buffer.from('123456789'), 0xe3069283],
  ])('of %s', (_, data, crc) => {
    expect(crc32c(data)).toBe(crc);
  });

  it('is masked as tensorboard does', () => {
    for (const { data, masked } of fixture.checksums) expect(maskedCrc32c(Buffer.from(data, 'hex'))).toBe(masked);
  });
});

it.each(fixture.records)('a record ($kind, step $step) has the bytes that tensorboard writes', (given) => {
  const { kind, step, scalars, hex } = given;
  const made = {
    version: () => versionEvent(wallTime),
    restart: () => restartEvent(wallTime, step),
    scalars: () => scalarsEvent(wallTime, step, scalars),
  };
  expect(record(made[kind]()).toString('hex')).toBe(hex);
});

it('tags are those of transformers: train/… and eval/…', () => {
  expect(scalarsOf({ step: 3, method: 'srl', reward: 0.5, kl: null, 'rewards/answer/mean': 1, eval_loss: 2 })).toEqual({
    'train/reward': 0.5,
    'train/rewards/answer/mean': 1,
    'eval/loss': 2,
  });
});

describe('a run that goes on', () => {
  it('writes a second file, read after the first, that voids the later steps', async () => {
    const output = mkdtempSync(join(tmpdir(), 'foothold-tensorboard-'));
    for (const resumedFrom of [null, 7]) {
      const board = new TensorBoard();
      await board.start({ output, resumedFrom });
      await board.step({ step: 8, metrics: { reward: 0.5 } });
      await board.end();
    }
    const folder = join(output, 'tensorboard');
    const [first, second, ...more] = readdirSync(folder).sort();
    expect(more).toEqual([]);
    const restart = restartEvent(0, 8).subarray(9); // what follows the time
    const has = (name: string) => readFileSync(join(folder, name)).includes(restart);
    expect([has(first!), has(second!)]).toEqual([false, true]);
  });
});
