import type { Visit } from './visit.js';

const PATHS = [
  '/.env',
  '/.git/config',
  '/wp-login.php',
  '/wp-admin/setup-config.php',
  '/phpmyadmin/index.php',
  '/admin',
  '/api/admin',
  '/api/users',
  '/api/debug',
  '/api/v2/products',
  '/api/swagger.json',
  '/actuator/env',
  '/server-status',
  '/config.json',
  '/backup.sql',
  '/cgi-bin/test.cgi',
  '/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php',
  '/.aws/credentials',
];

/** A scanner tries what is open on other servers. */
export const probe: Visit = async (shop) => {
  for (const path of PATHS) {
    await shop.think(80, 250);
    await shop.get(path);
  }
};
