import { readFileSync } from 'node:fs';
import { stringify } from 'yaml';
import { UserError } from '../errors.js';
import { resolveConfig } from './resolve.js';
import type { RunConfig, RunInput } from './schema.js';
import { ConfigSource } from './source.js';

export type { Method, RewardConfig, RlStage, RunConfig, RunInput, SftStage, StageConfig } from './schema.js';

/**
 * Read a run's configuration from a YAML file.
 * @param sets `key.path=value` options that win over the file.
 * @throws UserError naming file, line, key and what was expected.
 */
export function loadConfig(file: string, sets: readonly string[] = []): RunConfig {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new UserError(`Cannot read the configuration ${file}: ${(error as Error).message}`, 'FOOTHOLD_CONFIG');
  }
  return resolveConfig(ConfigSource.parse(text, file, sets));
}

/** Check a configuration made in code: the same keys as in a file. */
export function defineConfig(value: RunInput): RunConfig {
  return resolveConfig(ConfigSource.of(value));
}

/** A complete configuration as YAML; `loadConfig` reads it back to the same values. */
export function configToYaml(config: RunConfig): string {
  return stringify(config, { lineWidth: 0 });
}
