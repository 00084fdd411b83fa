import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import type { AuthenticatedUser, Role } from './authenticated-user.js';
import { DEMO_USERS } from './demo-users.js';
import { passwordMatches } from './password-hash.js';

interface TokenPayload {
  sub: string;
  roles: Role[];
}

// Checked when the name is unknown, so that the time of the answer does not tell which names exist.
const NOBODY_HASH = `scrypt:${'A'.repeat(22)}:${'A'.repeat(43)}`;

@Injectable()
export class AuthService {
  private readonly users = new Map(DEMO_USERS.map((user) => [user.id, user]));

  constructor(private readonly jwt: JwtService) {}

  async signIn(
    username: string,
    password: string,
  ): Promise<string | undefined> {
    const user = this.users.get(username);
    const matches = await passwordMatches(
      password,
      user?.passwordHash ?? NOBODY_HASH,
    );
    if (!user || !matches) {
      return undefined;
    }
    const payload: TokenPayload = { sub: user.id, roles: user.roles };
    return this.jwt.signAsync(payload);
  }

  async userOf(authorization?: string): Promise<AuthenticatedUser | undefined> {
    const [, token] = authorization?.match(/^Bearer (\S+)$/i) ?? [];
    if (!token) {
      return undefined;
    }
    try {
      const { sub, roles } = await this.jwt.verifyAsync<TokenPayload>(token);
      return { id: sub, roles };
    } catch {
      // Expired or not ours: the caller is as unknown as one without a token.
      return undefined;
    }
  }
}
