import { channel } from 'node:diagnostics_channel';
import { EventEmitter } from 'node:events';
import { IncomingMessage, type Server, ServerResponse } from 'node:http';
import { Socket } from 'node:net';

/** A function that Node calls with `new` for each request, or for each response. */
type NodeClass = typeof IncomingMessage | typeof ServerResponse;

/** What Express makes the prototype of each request and each response. */
interface ExpressPrototypes {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** Who listens to one of these may get a request before Express does. */
const EVENTS_OF_REQUESTS: readonly (string | symbol)[] = [
  'request',
  'upgrade',
  'connect',
  'checkContinue',
  'checkExpectation',
  'dropRequest',
];

/**
 * Lets all requests of Express share one hidden class, and all responses another.
 *
 * Express changes the prototype of each one that Node made. Before Node 24 the engine then gives each
 * a hidden class of its own with the next property that is added, can remember nothing about it, and
 * searches for everything that Express, Nest and the host ever read of it: that is two thirds of the
 * time of a small request. A server lets its owner choose the classes of which it makes requests and
 * responses. With some whose prototypes are Express' own, Express finds nothing to change.
 *
 * What a host added to these prototypes works before Express has the request, then. So nothing is
 * done where one of them hides what is Node's own, nor where anybody but `own` and Express may get
 * hold of a request first: Express' getters, such as `ip`, cannot be assigned to. Whoever comes to
 * listen later gets Node's classes back.
 */
export function shareHiddenClasses(
  server: Server,
  express: unknown,
  own: unknown,
): void {
  if (!isExpress(express) || !isAlone(server, [own, express])) {
    return;
  }
  const requests = classWith(IncomingMessage, express.request);
  const responses = classWith(ServerResponse, express.response);
  const requestClass = propertyWith(server, IncomingMessage);
  const responseClass = propertyWith(server, ServerResponse);
  if (
    requestClass === undefined ||
    responseClass === undefined ||
    requests === undefined ||
    responses === undefined
  ) {
    return;
  }
  Reflect.set(server, requestClass, requests);
  Reflect.set(server, responseClass, responses);
  server.on('newListener', (event: string | symbol) => {
    if (EVENTS_OF_REQUESTS.includes(event)) {
      Reflect.set(server, requestClass, IncomingMessage);
      Reflect.set(server, responseClass, ServerResponse);
    }
  });
}

function isExpress(instance: unknown): instance is ExpressPrototypes {
  return (
    typeof instance === 'function' &&
    'request' in instance &&
    instance.request instanceof IncomingMessage &&
    'response' in instance &&
    instance.response instanceof ServerResponse
  );
}

/** Whether nobody else listens to what brings requests, nor hears of it otherwise. */
function isAlone(server: Server, known: readonly unknown[]): boolean {
  return (
    server.emit === EventEmitter.prototype.emit &&
    !channel('http.server.request.start').hasSubscribers &&
    EVENTS_OF_REQUESTS.flatMap((event) => server.listeners(event)).every(
      (listener) => known.includes(listener),
    )
  );
}

/** Where the server keeps a class; undefined where its owner chose another one. */
function propertyWith(server: Server, value: NodeClass): symbol | undefined {
  return Object.getOwnPropertySymbols(server).find(
    (property) => Reflect.get(server, property) === value,
  );
}

/** Makes what a class of Node makes, with another prototype; undefined where that would not be the same. */
function classWith(base: NodeClass, prototype: object): unknown {
  const example = exampleOf(base);
  if (example === undefined || hides(prototype, example)) {
    return undefined;
  }
  function Made(this: object, first: unknown, second: unknown): void {
    Reflect.apply(base, this, [first, second]);
  }
  // The engine reserves as much room in an object as the functions in this chain fill.
  Object.setPrototypeOf(Made, base);
  Made.prototype = prototype;
  return Made;
}

/** Undefined where Node's own cannot be called without `new`. */
function exampleOf(base: NodeClass): object | undefined {
  const example: object = Object.create(base.prototype);
  try {
    Reflect.apply(base, example, [new IncomingMessage(new Socket())]);
    return example;
  } catch {
    return undefined;
  }
}

/** Whether anything between a prototype and that of an example hides what the example has. */
function hides(prototype: object, example: object): boolean {
  const end: unknown = Object.getPrototypeOf(example);
  for (
    let each: object | null = prototype;
    each !== null && each !== end;
    each = Object.getPrototypeOf(each)
  ) {
    if (Reflect.ownKeys(each).some((name) => name in example)) {
      return true;
    }
  }
  return false;
}
