import { Tollgate, TollgateError } from "../../clients/javascript/tollgate.mjs";

/**
 * Middleware for Express: a route costs tokens of whoever calls it.
 *
 * The caller's `Authorization` says whose. Tokens are held before the handler runs, charged when it has answered with a
 * status below 400, and let go otherwise, also when the client goes away before the answer is complete.
 *
 * @param {string} url Where Tollgate is.
 * @param {string} feature
 * @param {{units?: number, deadlineSeconds?: number, onUnsettled?: (error: Error) => void}} [options] How long a caller
 *   may wait while Tollgate is away (5). `onUnsettled` is told when tokens could not be charged after the answer was
 *   sent: they come back to the caller after a minute.
 */
export function tokens(url, feature, { units = 1, deadlineSeconds = 5, onUnsettled = console.error } = {}) {
  return async (request, response, next) => {
    const [, credential] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "") ?? [];
    if (credential === undefined) {
      refuse(response, 401, { code: "unauthorized", detail: "A bearer token is needed." }, { "WWW-Authenticate": "Bearer" });
      return;
    }
    let hasBegun = false;
    const work = () => {
      hasBegun = true;
      return new Promise((resolve, reject) => {
        response.once("close", () => (isDone(response) ? resolve() : reject(new Unfinished())));
        next();
      });
    };
    try {
      await new Tollgate({ url, credential, deadlineSeconds }).withTokens(feature, work, { units });
    } catch (error) {
      if (error instanceof Unfinished) return;
      if (hasBegun) onUnsettled(error);
      else answer(error, response, next);
    }
  };
}

class Unfinished extends Error {}

const isDone = (response) => response.writableFinished && response.statusCode < 400;

/** A refusal goes to the client as it is; what is no client's fault is 503. */
function answer(error, response, next) {
  if (!(error instanceof TollgateError)) {
    next(error);
    return;
  }
  const isRefusal = error.status !== undefined && error.status < 500;
  const retryAfter = error.retryAfterSeconds === undefined ? {} : { "Retry-After": String(error.retryAfterSeconds) };
  if (isRefusal) refuse(response, error.status, error.problem, retryAfter);
  else refuse(response, 503, { code: "unavailable", detail: "Tokens cannot be spent at the moment." }, retryAfter);
}

function refuse(response, status, problem, headers) {
  response.writeHead(status, { "Content-Type": "application/problem+json", ...headers });
  response.end(JSON.stringify({ status, ...problem }));
}
