import { IsString, Length } from 'class-validator';

export class SearchProductsDto {
  @IsString()
  @Length(1, 64)
  readonly q: string;
}
