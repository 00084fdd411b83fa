import type { AuthenticatedUser } from './authenticated-user.js';

export interface DemoUser extends AuthenticatedUser {
  passwordHash: string;
}

/** Every password is the name followed by `-demo`: these accounts are for trying the shop, not for a deployment. */
export const DEMO_USERS: readonly DemoUser[] = [
  {
    id: 'alice',
    roles: ['customer'],
    passwordHash:
      'scrypt:Pf2m8UxmIg-F-WaDllZj5g:o0IJVLui22qdlLD4qr2eCecwv83Z7bXaSaBXiJxfB50',
  },
  {
    id: 'bob',
    roles: ['customer'],
    passwordHash:
      'scrypt:Tit12COr7oDEfJ7GHfTwiQ:50L-gVnUMN9K7lZoHnKbRXpu_zV9hOvZPDuJMXYYkVo',
  },
  {
    id: 'carol',
    roles: ['customer'],
    passwordHash:
      'scrypt:ndLpwfNFmSXt7YRj9y_Y5A:CY-gPh7eRZ0ltmflI4lRioXYPAJoBu0fD45Xz-v41BM',
  },
  {
    id: 'dave',
    roles: ['customer'],
    passwordHash:
      'scrypt:9sZGoGSlluPpp5sjEAzT2w:6KevBN3oDYXDrPPkVbCgUQsu2nG2lQeYjt4yqH54J_U',
  },
  {
    id: 'erin',
    roles: ['customer'],
    passwordHash:
      'scrypt:N1vC6Ecwnlb0LlzmpmWIkg:RNr4PtmrDlM8GJL6JugJ4oSRUpvWqUMAQUVRk6aJKR0',
  },
  {
    id: 'admin',
    roles: ['admin'],
    passwordHash:
      'scrypt:VRjSvTsXbKqjQ4By82ymCw:IwWDaAvTzENnb22DbCOhkw4UbU3Hf4d3hUMX2RFL-Ic',
  },
];

export const DEMO_ADMIN = { username: 'admin', password: 'admin-demo' };
