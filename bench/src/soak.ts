// npm run soak: minutes of load with a Redis that goes away; fails when a record is unaccounted for.
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { tell } from './measure/progress.js';
import { runProgram } from './options/arguments.js';
import {
  readSoakOptions,
  SOAK_USAGE,
  type SoakOptions,
} from './options/soak-options.js';
import { planCores } from './processes/cores.js';
import { describeMachine } from './report/machine.js';
import { checkAccounting } from './soak/checks.js';
import { runSoak } from './soak/run-soak.js';
import { soakPage } from './soak/soak-page.js';

const PAGE = resolve(import.meta.dirname, '../../docs/soak.md');

async function run(options: SoakOptions): Promise<void> {
  const cores = planCores();
  const machine = describeMachine(cores);
  const result = await runSoak(options, cores);
  const checks = checkAccounting(result);
  const text = soakPage(machine, options, result, checks);
  process.stdout.write(text);
  if (options.complete) {
    await writeFile(PAGE, text);
    tell('written to docs/soak.md');
  }
  if (!checks.every(({ holds }) => holds)) {
    process.exitCode = 1;
  }
}

await runProgram(SOAK_USAGE, () => run(readSoakOptions(process.argv.slice(2))));
