import {
  Body,
  Controller,
  Get,
  HttpCode,
  HttpStatus,
  Post,
  UnauthorizedException,
  UseGuards,
} from '@nestjs/common';
import { AuthService } from './auth.service.js';
import { LoginDto } from './dto/login.dto.js';
import { JwtAuthGuard } from './jwt-auth.guard.js';
import { UserId } from './user-id.decorator.js';

@Controller('auth')
export class AuthController {
  constructor(private readonly auth: AuthService) {}

  @Post('login')
  @HttpCode(HttpStatus.OK)
  async login(
    @Body() { username, password }: LoginDto,
  ): Promise<{ access_token: string; token_type: 'Bearer' }> {
    const token = await this.auth.signIn(username, password);
    if (!token) {
      throw new UnauthorizedException('Wrong name or password');
    }
    return { access_token: token, token_type: 'Bearer' };
  }

  @Get('me')
  @UseGuards(JwtAuthGuard)
  me(@UserId() id: string): { id: string } {
    return { id };
  }
}
