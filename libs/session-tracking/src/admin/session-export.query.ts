import { IsIn, IsOptional } from 'class-validator';

const EXPORT_FORMATS = ['json', 'har'] as const;

/** Query string of `GET /sessions/:id/export`. */
export class SessionExportQuery {
  /** `har` is for the developer tools of a browser. */
  @IsOptional()
  @IsIn(EXPORT_FORMATS)
  format: (typeof EXPORT_FORMATS)[number] = 'json';
}
