// The compiler copies no Lua: put every script beside the compiled module that reads it.
import { cpSync } from 'node:fs';
import { resolve } from 'node:path';

const library = resolve(import.meta.dirname, '../libs/session-tracking');
cpSync(
  resolve(library, 'src/store/redis/scripts'),
  resolve(library, 'dist/store/redis/scripts'),
  { recursive: true, filter: (path) => !path.endsWith('.ts') },
);
