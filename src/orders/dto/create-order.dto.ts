import { Matches } from 'class-validator';

export class CreateOrderDto {
  @Matches(/^tok_[a-z]{1,32}$/, {
    message: 'paymentToken looks like tok_visa',
  })
  readonly paymentToken: string;
}
