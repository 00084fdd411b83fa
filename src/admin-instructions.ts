import { DEMO_ADMIN } from './auth/demo-users.js';

export function adminInstructions(baseUrl: string): string {
  return [
    'Log in as admin, and keep the token:',
    `  TOKEN=$(curl -s ${baseUrl}/api/auth/login -d username=${DEMO_ADMIN.username} -d password=${DEMO_ADMIN.password} | node -p 'JSON.parse(fs.readFileSync(0)).access_token')`,
    'List the sessions:',
    `  curl -s ${baseUrl}/api/admin/analytics/sessions -H "authorization: Bearer $TOKEN"`,
  ].join('\n');
}
