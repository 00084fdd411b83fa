import { InvalidQueryError } from './invalid-query.error.js';

/** A paging cursor that no answer of this store contained. */
export class InvalidCursorError extends InvalidQueryError {
  constructor() {
    super(
      'cursor',
      'is not one that this API gave; pass next_cursor of the page before, or leave it out for the first page.',
    );
  }
}
