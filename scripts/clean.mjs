// Removes build output so that a file deleted from the sources cannot live on in a package.
import { rmSync } from 'node:fs';
import { resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
for (const target of process.argv.slice(2)) {
  rmSync(resolve(root, target), { recursive: true, force: true });
}
