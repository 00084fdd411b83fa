import { setTimeout as wait } from 'node:timers/promises';
import { HttpException, HttpStatus, Injectable } from '@nestjs/common';

export class PaymentProviderError extends Error {
  override readonly name = 'PaymentProviderError';
}

/** Pretends to be a payment provider: `tok_declined` and `tok_unreachable` fail, any other token pays. */
@Injectable()
export class PaymentGateway {
  async charge(token: string, amountCents: number): Promise<void> {
    await wait(30);
    if (token === 'tok_declined') {
      throw new HttpException(
        `Your bank declined ${(amountCents / 100).toFixed(2)}`,
        HttpStatus.PAYMENT_REQUIRED,
      );
    }
    if (token === 'tok_unreachable') {
      // Not an HttpException: the shop has no answer to this one, so it becomes a 500.
      throw new PaymentProviderError(
        'The payment provider does not answer (wanted by tok_unreachable)',
      );
    }
  }
}
