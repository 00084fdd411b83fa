import { type DynamicModule, Module } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { AuthController } from './auth.controller.js';
import { AuthService } from './auth.service.js';

@Module({
  controllers: [AuthController],
  providers: [AuthService],
  exports: [AuthService],
})
export class AuthModule {
  static forRoot(secret: string): DynamicModule {
    return {
      module: AuthModule,
      // The guards are used all over the shop and in the tracking module's admin API; each place resolves AuthService.
      global: true,
      imports: [
        JwtModule.register({
          secret,
          signOptions: { algorithm: 'HS256', expiresIn: '2h' },
          verifyOptions: { algorithms: ['HS256'] },
        }),
      ],
    };
  }
}
