import { decodeQueryPart } from '../model/redaction/percent-decoding.js';

/** A parameter of a query as an HTTP archive holds it. */
export interface ArchivedParameter {
  name: string;
  /** Empty where there is none. */
  value: string;
}

/** The parameters of a stored query, decoded. */
export function toParameters(query: string): ArchivedParameter[] {
  return split(query).map(({ name, value = '' }) => ({ name, value }));
}

/** A stored query as it stands in a URL, with its question mark; empty where there is none. */
export function toUrlQuery(query: string): string {
  const parameters = split(query).map(({ name, value }) =>
    value === undefined
      ? encodeURIComponent(name)
      : `${encodeURIComponent(name)}=${encodeURIComponent(value)}`,
  );
  return parameters.length === 0 ? '' : `?${parameters.join('&')}`;
}

/** Decoded; a parameter without an equals sign has no value. */
function split(query: string): { name: string; value?: string }[] {
  return query
    .toWellFormed()
    .split('&')
    .filter((parameter) => parameter !== '')
    .map((parameter) => {
      const equals = parameter.indexOf('=');
      return equals === -1
        ? { name: decodeQueryPart(parameter) }
        : {
            name: decodeQueryPart(parameter.slice(0, equals)),
            value: decodeQueryPart(parameter.slice(equals + 1)),
          };
    });
}
