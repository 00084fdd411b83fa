import { IncomingMessage, type Server, ServerResponse } from 'node:http';

/** What Express makes the prototype of each request and each response. */
interface ExpressPrototypes {
  request: object;
  response: object;
}

/** Who listens to one of these may get a request before Express does. */
const EVENTS_OF_REQUESTS: readonly (string | symbol)[] = [
  'request',
  'upgrade',
  'connect',
  'checkContinue',
  'checkExpectation',
];

/**
 * Lets all requests of Express share one hidden class, and all responses another.
 *
 * Express changes the prototype of each one that Node made. Before Node 24 the engine then gives each
 * a hidden class of its own with the next property that is added, can remember nothing about it, and
 * searches for everything that Express, Nest and the host ever read of it: that is two thirds of the
 * time of a small request. A server lets its owner choose the classes of which it makes requests and
 * responses. With classes whose prototypes are what Express wants, it finds nothing to change.
 *
 * Express' getters, such as `ip` and `query`, cannot be assigned to. So where anybody but `own` and
 * Express may get hold of a request, now or later, the server keeps Node's classes, or gets them back.
 */
export function shareHiddenClasses(
  server: Server,
  express: unknown,
  own: unknown,
): void {
  const requestClass = propertyWith(server, IncomingMessage);
  const responseClass = propertyWith(server, ServerResponse);
  if (
    !isExpress(express) ||
    requestClass === undefined ||
    responseClass === undefined ||
    !isAlone(server, [own, express])
  ) {
    return;
  }
  class ExpressRequest extends IncomingMessage {}
  class ExpressResponse extends ServerResponse {}
  express.request = extended(express.request, ExpressRequest.prototype);
  express.response = extended(express.response, ExpressResponse.prototype);
  Reflect.set(server, requestClass, ExpressRequest);
  Reflect.set(server, responseClass, ExpressResponse);
  server.on('newListener', (event: string | symbol) => {
    if (EVENTS_OF_REQUESTS.includes(event)) {
      Reflect.set(server, requestClass, IncomingMessage);
      Reflect.set(server, responseClass, ServerResponse);
    }
  });
}

/** Where the server keeps a class; undefined where its owner chose another one. */
function propertyWith(server: Server, value: unknown): symbol | undefined {
  return Object.getOwnPropertySymbols(server).find(
    (property) => Reflect.get(server, property) === value,
  );
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

/** Whether nobody else listens to what brings requests. */
function isAlone(server: Server, known: readonly unknown[]): boolean {
  return EVENTS_OF_REQUESTS.flatMap((event) => server.listeners(event)).every(
    (listener) => known.includes(listener),
  );
}

/** Makes a class's prototype stand for another one, with nothing of its own. */
function extended(prototype: object, stand: object): object {
  Reflect.deleteProperty(stand, 'constructor');
  return Object.setPrototypeOf(stand, prototype);
}
