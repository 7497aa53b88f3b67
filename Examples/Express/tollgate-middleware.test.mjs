// The middleware in front of handlers of node:http, whose requests and responses are Express's too, and a real Tollgate.
// With EXPRESS=1 the same in an app of Express.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, get } from "node:http";
import { after, before, test } from "node:test";

import { Tollgate } from "../../clients/javascript/tollgate.mjs";
import { tokens } from "./tollgate-middleware.mjs";

const { TOLLGATE_URL: url, TOLLGATE_TOKEN: credential, TOLLGATE_AWAY_URL: awayUrl, EXPRESS } = process.env;
const tollgate = new Tollgate({ url, credential });
const started = [];
const routes = [
  ["/surprise", tokens(url, "surprise_me"), (request, response) => response.end("surprise")],
  ["/missing", tokens(url, "surprise_me"), (request, response) => {
    response.statusCode = 404;
    response.end();
  }],
  // Never answers.
  ["/silent", tokens(url, "surprise_me"), () => started.splice(0).forEach((resolve) => resolve())],
  // Begins an answer that never ends.
  ["/endless", tokens(url, "surprise_me"), (request, response) => response.write("never")],
  ["/endless-error", tokens(url, "surprise_me"), (request, response) => {
    response.statusCode = 500;
    response.write("never");
  }],
  ["/job", tokens(url, "auto_sourcing_job"), () => assert.fail("it ran")],
  ["/away", tokens(awayUrl, "surprise_me", { deadlineSeconds: 1 }), () => assert.fail("it ran")],
];
let server;
let base;
let relay;
let duringReservation;
let noteRelease;
const released = new Promise((resolve) => (noteRelease = resolve));

/** Hands everything on to Tollgate, after something has happened where tokens are asked for. */
async function handOn(request, response) {
  const { authorization, "content-type": type, "idempotency-key": key } = request.headers;
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  if (request.url === "/api/v1/reservations") await duringReservation();
  const answer = await fetch(url + request.url, {
    method: request.method, body: Buffer.concat(chunks),
    headers: { Authorization: authorization, "Content-Type": type, "Idempotency-Key": key },
  });
  response.writeHead(answer.status, { "Content-Type": answer.headers.get("Content-Type") });
  response.end(await answer.text());
  if (request.url.endsWith("/release")) noteRelease(answer.status);
}

/** A route behind the relay, which says when its client has gone. */
function slow() {
  const middleware = tokens(`http://127.0.0.1:${relay.address().port}`, "surprise_me");
  return (request, response, next) => {
    response.once("close", () => server.emit("gone"));
    middleware(request, response, next);
  };
}

async function listener() {
  if (EXPRESS === undefined) {
    return (request, response) => {
      const [, middleware, handler] = routes.find(([path]) => path === request.url);
      middleware(request, response, (error) => assert.ifError(error) ?? handler(request, response));
    };
  }
  const { default: express } = await import("express");
  const app = express();
  for (const [path, ...handlers] of routes) app.get(path, ...handlers);
  return app;
}

before(async () => {
  relay = createServer(handOn).listen(0, "127.0.0.1");
  await once(relay, "listening");
  routes.push(["/slow", slow(), () => assert.fail("it ran")]);
  server = createServer(await listener()).listen(0, "127.0.0.1");
  await once(server, "listening");
  base = `http://127.0.0.1:${server.address().port}`;
});

after(() => {
  server.close();
  relay.close();
});

const ask = (path, token = credential) => fetch(base + path, { headers: token ? { Authorization: `Bearer ${token}` } : {} });

/** A request whose client can go away. */
function begin(path) {
  const request = get(base + path, { headers: { Authorization: `Bearer ${credential}` } });
  return request.on("error", () => {});
}

/** Tokens are settled after the answer: asks until they are. */
async function settled() {
  for (let attempts = 0; attempts < 600; attempts += 1) {
    const [{ balance, reserved }] = await tollgate.balances("api_budget");
    if (reserved === 0) return balance;
  }
  assert.fail("tokens are still held");
}

test("a handler that answers well is charged for", async () => {
  const answer = await ask("/surprise");
  assert.equal(answer.status, 200);
  assert.equal(await answer.text(), "surprise");
  assert.equal(await settled(), 50);
});

test("a handler that answers with an error, and one that had not begun when its client went away, are not", async () => {
  assert.equal((await ask("/missing")).status, 404);
  assert.equal(await settled(), 50);
  const hasStarted = new Promise((resolve) => started.push(resolve));
  const request = begin("/silent");
  await hasStarted;
  assert.equal((await tollgate.balances("api_budget"))[0].reserved, 50);
  request.destroy();
  assert.equal(await settled(), 50);
  const failing = begin("/endless-error");
  await once(failing, "response");
  failing.destroy();
  assert.equal(await settled(), 50);
});

test("for a client that went away while tokens were asked for, the handler does not run, and they are let go", { timeout: 60_000 }, async () => {
  const request = begin("/slow");
  duringReservation = async () => {
    const isGone = new Promise((resolve) => server.once("gone", resolve));
    request.destroy();
    await isGone;
  };
  assert.equal(await released, 200);
  assert.equal(await settled(), 50);
});

test("without tokens or a token the handler does not run, and the client is told why", async () => {
  const poor = await ask("/job");
  assert.equal(poor.status, 402);
  assert.equal(poor.headers.get("Content-Type"), "application/problem+json");
  assert.equal((await poor.json()).deficit, 150);
  assert.equal((await ask("/surprise", "")).status, 401);
  assert.equal((await ask("/surprise", "nonsense")).status, 401);
});

test("an answer that was begun is charged for, also when the client goes away before its end", async () => {
  const request = begin("/endless");
  await once(request, "response");
  request.destroy();
  assert.equal(await settled(), 0);
});

test("while Tollgate is away nothing passes", { timeout: 60_000 }, async () => {
  const answer = await ask("/away");
  assert.equal(answer.status, 503);
  assert.equal((await answer.json()).code, "unavailable");
});
