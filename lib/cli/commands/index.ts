/** Every command of `foothold`, in the order in which `--help` lists them. */
import type { Command } from '../command.js';
import { bench } from './bench.js';
import { chat } from './chat.js';
import { doctor } from './doctor.js';
import { evaluateCommand } from './eval.js';
import { evalSwe } from './eval-swe.js';
import { exportCommand } from './export.js';
import { generate } from './generate.js';
import { prepare } from './prepare.js';
import { quickstart } from './quickstart.js';
import { report } from './report.js';
import { schema } from './schema.js';
import { score } from './score.js';
import { setup } from './setup.js';
import { train } from './train.js';
import { verify } from './verify.js';
import { watch } from './watch.js';

// Each command has options of its own type; together they are known by their common part alone.
export const commands = [
  quickstart,
  prepare,
  train,
  watch,
  report,
  evaluateCommand,
  evalSwe,
  generate,
  chat,
  exportCommand,
  score,
  verify,
  schema,
  bench,
  setup,
  doctor,
] as unknown as Command[];
