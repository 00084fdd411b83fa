// Packs the library as it would be published and leaves the tarball under a name without a version.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const library = resolve(root, 'libs/session-tracking');
const dist = resolve(root, 'dist');
mkdirSync(dist, { recursive: true });

/** What a user of the package needs: code with its types, scripts of Redis, and the papers. */
const NEEDED =
  /^(?:package\.json|README\.md|LICENSE|dist\/(?!.*\.spec\.)[\w./-]+\.(?:js|d\.ts|lua))$/;

// The licence is kept once, at the top of the repository; the package carries a copy.
copyFileSync(resolve(root, 'LICENSE'), resolve(library, 'LICENSE'));
try {
  const packed = execFileSync(
    'npm',
    ['pack', '--json', '--ignore-scripts', '--pack-destination', dist],
    { cwd: library, encoding: 'utf8' },
  );
  const report = JSON.parse(packed);
  const [entry] = Array.isArray(report) ? report : Object.values(report);
  const foreign = entry.files.filter(({ path }) => !NEEDED.test(path));
  if (foreign.length > 0) {
    throw new Error(
      `The package would hold what nobody needs: ${foreign.map(({ path }) => path).join(', ')}. See "files" in libs/session-tracking/package.json.`,
    );
  }
  const target = resolve(dist, 'nestjs-session-tracking.tgz');
  renameSync(resolve(dist, entry.filename), target);
  console.log(
    `dist/nestjs-session-tracking.tgz: ${entry.entryCount} files, ${entry.size} bytes`,
  );
} finally {
  rmSync(resolve(library, 'LICENSE'), { force: true });
}
