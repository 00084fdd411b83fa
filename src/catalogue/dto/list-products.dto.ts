import { IsIn, IsOptional } from 'class-validator';

export class ListProductsDto {
  @IsOptional()
  @IsIn(['kitchen', 'office', 'garden'])
  readonly category?: string;
}
