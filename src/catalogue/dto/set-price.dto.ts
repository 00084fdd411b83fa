import { IsInt, Max, Min } from 'class-validator';

export class SetPriceDto {
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  readonly priceCents: number;
}
