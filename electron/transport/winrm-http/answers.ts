/** What an answer's status and type say, before anybody reads its body. */
import { TransportError, type Facts } from '../errors.ts';
import type { HttpAnswer } from './exchange.ts';

/** What is written for people to read. */
export function isPage({ contentType, body }: Pick<HttpAnswer, 'contentType' | 'body'>): boolean {
  return /^(?:text\/html|application\/xhtml\+xml)\b/i.test(contentType) && body.byteLength > 0;
}

/** An empty body may well be called a bad request, by a service that has accepted the log-on. */
export function throwUnlessAccepted(answer: HttpAnswer, facts: Facts): void {
  const { status } = answer;
  if (isPage(answer)) throwUnlessSoap(answer, facts);
  if ((status >= 200 && status < 300) || status === 400 || status === 500) return;
  throwUnlessSoap(answer, facts);
  throw new TransportError('http.status', 'The service answers the log-on with an error', {
    facts: { ...facts, status },
    httpStatus: status,
  });
}

/** Statuses and types that say that there is no WS-Management behind the address. */
export function throwUnlessSoap(answer: HttpAnswer, facts: Facts): void {
  const { status, contentType } = answer;
  const soap = /^application\/soap\+xml\b/i.test(contentType);
  const details = (): string => Buffer.from(answer.body.subarray(0, 4096)).toString('utf8');
  if (status === 407) {
    throw new TransportError('http.proxy', 'A proxy wants a log-on of its own', {
      facts,
      httpStatus: status,
    });
  }
  if (status >= 300 && status < 400) {
    throw new TransportError('http.redirect', 'The service sends us to another address', {
      facts: answer.location === undefined ? facts : { ...facts, location: answer.location.slice(0, 500) },
      httpStatus: status,
    });
  }
  if (status === 413) {
    throw new TransportError('http.too-large', 'The service takes no request of that size', {
      facts: { ...facts, direction: 'request' },
      httpStatus: status,
    });
  }
  if (soap && answer.body.byteLength > 0) return;
  const nothingThere = status === 404 || status === 405 || status === 501 || (status >= 200 && status < 300);
  throw nothingThere
    ? new TransportError('http.not-winrm', 'What answers is not WS-Management', {
        facts: { ...facts, contentType: contentType.slice(0, 100) },
        httpStatus: status,
        details: details(),
      })
    : new TransportError('http.status', 'The service answers with an error', {
        facts: { ...facts, status },
        httpStatus: status,
        details: details(),
      });
}
