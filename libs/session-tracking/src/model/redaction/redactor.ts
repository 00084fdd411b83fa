import { detachText } from '../detached-text.js';
import { redactSecretSegments } from './path-redaction.js';
import { PathPatterns } from './path-patterns.js';
import { decodeLoosely, decodeQueryPart } from './percent-decoding.js';
import { toPrintable } from '../printable.js';
import { redactValues, type ValueRedaction } from './query-redaction.js';
import { REDACTED } from './redacted.js';
import type { RedactionRules } from './redaction-rules.js';
import { remembered } from '../remembered.js';
import { cutPath, queryOf } from '../records/request-path.js';
import { readRouteSecrets } from './route-secrets.js';
import { silencePromise } from '../thenable.js';

/** Decides what is stored of a path and a query, before a record is made of them. */
export class Redactor {
  private readonly redactValue: ValueRedaction;
  private readonly secretsOf = remembered(readRouteSecrets);
  private hiddenPaths: PathPatterns;

  constructor(
    private readonly rules: RedactionRules,
    private readonly countCallbackError: () => void,
  ) {
    this.hiddenPaths = hiddenPathsOf(rules, '');
    this.redactValue = this.valueRedactionOf(rules.redactQuery);
  }

  /** To be called once, when the host's prefix is known. */
  useGlobalPrefix(prefix: string): void {
    this.hiddenPaths = hiddenPathsOf(this.rules, prefix);
  }

  /**
   * What is stored of a path.
   *
   * @param route the template that matched it, if any
   */
  path(path: string, route = ''): string {
    const { redact, defaults } = this.rules.redactPaths;
    const hiddenAfter = this.hiddenPaths.match(path);
    let redacted = path;
    if (hiddenAfter !== undefined) {
      redacted = hiddenAfter + REDACTED;
    } else if (defaults) {
      redacted = redactSecretSegments(path, this.secretsOf(route));
    }
    if (redact !== undefined) {
      redacted = this.callBack(() => redact(redacted));
    }
    // What the defaults leave alone is printable.
    return redacted === path && defaults && redact === undefined
      ? path
      : cutPath(toPrintable(redacted, redacted.length));
  }

  /** What is stored of the query of a request target; undefined where there is none. */
  query(target: string): string | undefined {
    const query = queryOf(target);
    return query === undefined
      ? undefined
      : detachText(redactValues(query, this.redactValue), target);
  }

  private valueRedactionOf(
    rule: RedactionRules['redactQuery'],
  ): ValueRedaction {
    if (typeof rule === 'function') {
      return (name, value) =>
        this.callBack(() => rule(name, decodeQueryPart(value)));
    }
    const allowed = new Set(rule.allow);
    return (name, value) =>
      allowed.has(name) ? decodeQueryPart(value) : REDACTED;
  }

  /** Asks the host's own code, which may throw or answer no text. */
  private callBack(ask: () => unknown): string {
    try {
      const answer = ask();
      if (typeof answer === 'string') {
        return answer;
      }
      silencePromise(answer, () => undefined);
    } catch {
      // Counted below, like an answer that is no text.
    }
    this.countCallbackError();
    return REDACTED;
  }
}

/** Routers may ignore case and decode a path, so it is hidden in every spelling. */
function hiddenPathsOf(
  { redactPaths }: RedactionRules,
  globalPrefix: string,
): PathPatterns {
  return new PathPatterns(redactPaths.paths, globalPrefix, (path) =>
    decodeLoosely(path).toLowerCase(),
  );
}
