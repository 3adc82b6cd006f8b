/** `npm run configuration`: writes what is made of the schemas of the settings. A test fails while it is stale. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { referencePage } from './reference.js';
import { settingsTypes } from './types.js';

writeFileSync('docs/configuration-reference.md', referencePage());
writeFileSync('lib/config/settings.ts', settingsTypes());
execFileSync('npx', ['biome', 'format', '--write', 'lib/config/settings.ts'], { stdio: 'inherit' });
