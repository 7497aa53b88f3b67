import { Tollgate, TollgateError } from "../../clients/javascript/tollgate.mjs";

/**
 * Middleware for Express: a route costs tokens of whoever calls it.
 *
 * The caller's `Authorization` says whose. Tokens are held before the handler runs. They are charged when it has answered
 * with a status below 400, and also when it has begun to and the client goes away before the end: who has most of an answer
 * pays for it. They are let go otherwise. For a client that goes away before they are held the handler does not run.
 *
 * @param {string} url Where Tollgate is.
 * @param {string} feature
 * @param {{units?: number, deadlineSeconds?: number, onUnsettled?: (error: Error) => void}} [options] How long a caller
 *   may wait while Tollgate is away (5). `onUnsettled` is told when tokens could not be charged after the answer was
 *   sent: they come back to the caller after a minute.
 */
export function tokens(url, feature, { units = 1, deadlineSeconds = 5, onUnsettled = console.error } = {}) {
  return async (request, response, next) => {
    const [, credential] = /^Bearer +([!-~]+)$/i.exec(request.headers.authorization ?? "") ?? [];
    if (credential === undefined) {
      refuse(response, 401, { code: "unauthorized", detail: "A bearer token is needed." }, { "WWW-Authenticate": "Bearer" });
      return;
    }
    let hasBegun = false;
    const work = async () => {
      // Its 'close' was while tokens were asked for: nothing would ever end the work.
      if (isGone(request, response)) throw new Unpaid();
      hasBegun = true;
      const closed = closing(request, response);
      next();
      await closed;
      if (!response.headersSent || response.statusCode >= 400) throw new Unpaid();
    };
    try {
      await new Tollgate({ url, credential, deadlineSeconds }).withTokens(feature, work, { units });
    } catch (error) {
      if (error instanceof Unpaid) return;
      if (hasBegun) onUnsettled(error);
      else answer(error, response, next);
    }
  };
}

/** What the handler did, or did not do, costs nothing. */
class Unpaid extends Error {}

const isGone = (request, response) => response.closed || response.destroyed || request.socket.destroyed;

/** Until the answer is sent or the client is gone. A response that waits behind another one has no 'close' of its own. */
function closing({ socket }, response) {
  return new Promise((resolve) => {
    const end = () => {
      response.off("close", end);
      socket.off("close", end);
      resolve();
    };
    response.on("close", end);
    socket.on("close", end);
  });
}

/** A refusal goes to the client as it is; what is no client's fault is 503. */
function answer(error, response, next) {
  if (!(error instanceof TollgateError)) {
    next(error);
    return;
  }
  const isRefusal = error.status >= 400 && error.status < 500;
  const retryAfter = error.retryAfterSeconds === undefined ? {} : { "Retry-After": String(error.retryAfterSeconds) };
  if (isRefusal) refuse(response, error.status, error.problem, retryAfter);
  else refuse(response, 503, { code: "unavailable", detail: "Tokens cannot be spent at the moment." }, retryAfter);
}

function refuse(response, status, problem, headers) {
  response.writeHead(status, { "Content-Type": "application/problem+json", ...headers });
  response.end(JSON.stringify({ status, ...problem }));
}
