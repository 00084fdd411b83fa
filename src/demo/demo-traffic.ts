import { adminInstructions } from '../admin-instructions.js';
import { CAST } from './cast.js';
import { InvalidDemoOptionError, readDemoOptions } from './demo-options.js';
import { perform } from './perform.js';
import { trafficSummary } from './traffic-summary.js';

async function shopIsUp(baseUrl: string): Promise<boolean> {
  try {
    const response = await fetch(`${baseUrl}/health`);
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

async function run(): Promise<void> {
  const { baseUrl, seconds } = readDemoOptions(
    process.argv.slice(2),
    process.env,
  );
  if (!(await shopIsUp(baseUrl))) {
    console.error(
      `No shop answers at ${baseUrl}. Start it with npm start, or say where it is: npm run demo:traffic -- http://localhost:3001`,
    );
    process.exitCode = 1;
    return;
  }
  console.log(`Visiting ${baseUrl} for ${seconds} seconds ...\n`);
  const over = AbortSignal.timeout(seconds * 1000);
  const results = await Promise.all(
    CAST.map(async (part) => ({
      name: part.name,
      tally: await perform(part, baseUrl, over),
    })),
  );
  console.log(`${trafficSummary(results)}\n\n${adminInstructions(baseUrl)}`);
}

try {
  await run();
} catch (error) {
  console.error(
    error instanceof InvalidDemoOptionError ? error.message : error,
  );
  process.exitCode = 1;
}
