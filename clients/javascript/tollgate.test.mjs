// Asks a real server, which Tests/CommandTests/Clients starts: node --test with its addresses in the environment.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";

import * as client from "./tollgate.mjs";

const { Tollgate } = client;
const {
  TOLLGATE_URL: url, TOLLGATE_TOKEN: credential, TOLLGATE_ORGANIZATION: organizationId, TOLLGATE_STARTER_TOKEN: starter,
  TOLLGATE_LOSSY_URL: lossyUrl, TOLLGATE_AWAY_URL: awayUrl, TOLLGATE_AWAY_TOKEN: awayCredential,
  TOLLGATE_NOBODY_URL: nobodyUrl,
} = process.env;
const tollgate = new Tollgate({ url, credential, organizationId });
const balance = async (tokenType) => (await tollgate.balances(tokenType))[0];

test("a deduction comes back with its figures, and a refund gives it back", async () => {
  const charge = await tollgate.deduct("generate_goal", { units: 2, eventId: "event", metadata: { ä: '"' } });
  assert.equal(charge.cost, 6);
  assert.equal(charge.balanceBefore, 20);
  assert.equal(charge.balanceAfter, 14);
  assert.equal((await tollgate.refund(charge.transactionId, { amount: 2, reason: "half" })).balanceAfter, 16);
  assert.equal((await tollgate.refund(charge.transactionId)).refundedTotal, 6);
  await assert.rejects(tollgate.refund(charge.transactionId), client.ConflictError);
});

test("the same key charges once, and another request under it is rejected", async () => {
  const first = await tollgate.deduct("generate_goal", { idempotencyKey: "javascript" });
  const second = await tollgate.deduct("generate_goal", { idempotencyKey: "javascript" });
  assert.deepEqual(second, first);
  await assert.rejects(tollgate.deduct("generate_insight", { idempotencyKey: "javascript" }), (error) => {
    assert.ok(error instanceof client.RejectedError);
    assert.equal(error.code, "idempotency_key_reused");
    return true;
  });
  await tollgate.refund(first.transactionId);
});

test("refusals are typed and have their figures", async () => {
  await assert.rejects(tollgate.deduct("generate_goal", { units: 7 }), (error) => {
    assert.ok(error instanceof client.InsufficientTokensError);
    assert.equal(error.status, 402);
    assert.equal(error.name, "InsufficientTokensError");
    assert.equal(error.message, "Insufficient tokens. Need 21, have 20");
    assert.deepEqual([error.requiredTokens, error.availableTokens, error.deficit, error.balance], [21, 20, 1, 20]);
    return true;
  });
  const other = new Tollgate({ url, credential: starter });
  await assert.rejects(other.deduct("generate_goal"), client.NotOnPlanError);
  await assert.rejects(tollgate.deduct("fly"), client.RejectedError);
  await assert.rejects(tollgate.check("no such/thing?"), client.NotFoundError);
  await assert.rejects(new Tollgate({ url, credential: "nonsense" }).actions(), client.ForbiddenError);
  await tollgate.deduct("analyze_efficiency");
  await assert.rejects(tollgate.deduct("analyze_efficiency"), (error) => {
    assert.ok(error instanceof client.LimitReachedError);
    assert.equal(error.limit, "efficiency_a_day");
    assert.ok(error.retryAfterSeconds >= 1 && error.retryAfterSeconds <= 90_000);
    return true;
  });
});

test("balances, actions and checks are read", async () => {
  assert.equal(await tollgate.checkBalance("generate_goal"), true);
  assert.deepEqual(await tollgate.balances("nothing & nowhere"), []);
  assert.equal((await tollgate.actions()).find((action) => action.name === "surprise_me").cost, 50);
  const check = await tollgate.check("surprise_me", { units: 11 });
  assert.equal(check.allowed, false);
  assert.equal(check.reason, "Insufficient tokens: 500/550 available");
});

test("a reservation is held, extended, captured for less and released", async () => {
  const before = (await balance("general")).available;
  const held = await tollgate.reserve("generate_insight", { units: 12, lifetimeSeconds: 60 });
  assert.equal(held.amount, 12);
  assert.ok(Date.parse((await tollgate.extend(held.reservationId, 3600)).expiresAt) > Date.now() + 3_000_000);
  const captured = await tollgate.capture(held.reservationId, { amount: 7 });
  assert.deepEqual([captured.captured, captured.released, captured.available], [7, 5, before - 7]);
  const other = await tollgate.reserve("generate_insight");
  assert.equal((await tollgate.release(other.reservationId)).released, 1);
  await assert.rejects(tollgate.capture(other.reservationId), client.ConflictError);
});

test("guarded work is charged when it ends well, and not when it throws", async () => {
  const start = (await balance("api_budget")).available;
  assert.equal(await tollgate.withTokens("surprise_me", ({ amount }) => amount), 50);
  await tollgate.withTokens("surprise_me", (held) => { held.tokens = 20; });
  await tollgate.withTokens("surprise_me", (held) => { held.tokens = 0; });
  const broken = new Error("broken");
  await assert.rejects(tollgate.withTokens("surprise_me", async () => { throw broken; }), broken);
  const end = await balance("api_budget");
  assert.deepEqual([end.available, end.reserved], [start - 70, 0]);
});

test("a reservation lives as long as the work", async () => {
  await tollgate.withTokens("surprise_me", async (held) => {
    // Until after it would have expired.
    const end = Date.parse(held.expiresAt) + 500;
    while (Date.now() < end) assert.equal((await balance("api_budget")).reserved, 50);
    await tollgate.extend(held.reservationId, 3);
  }, { lifetimeSeconds: 3 });
});

test("work that goes on for longer than it may has its tokens come back, and is told so", async () => {
  const brief = new Tollgate({ url, credential, organizationId, longestWorkSeconds: 0.5 });
  const before = (await balance("api_budget")).available;
  await assert.rejects(brief.withTokens("surprise_me", async (held) => {
    const end = Date.parse(held.expiresAt) + 500;
    let available;
    while (Date.now() < end) ({ available } = await balance("api_budget"));
    assert.equal(available, before);
  }, { lifetimeSeconds: 3 }), client.ConflictError);
  assert.equal((await balance("api_budget")).available, before);
});

test("a batch job without tokens is skipped with its sentence", async () => {
  const available = (await balance("api_budget")).available;
  const skipped = await tollgate.withTokensOrSkip("auto_sourcing_job", () => assert.fail(), { units: 10 });
  assert.equal(skipped.skipped, "SKIPPED_NO_TOKENS");
  assert.equal(skipped.message, `Insufficient tokens: ${available}/2000 available`);
  assert.deepEqual(await tollgate.withTokensOrSkip("manual_search", () => 7), { value: 7 });
});

test("a lost answer is asked for again under the same key, and the charge is made once", async () => {
  const lossy = new Tollgate({ url: lossyUrl, credential });
  const charge = await lossy.deduct("generate_leads");
  assert.deepEqual([charge.balanceBefore, charge.balanceAfter], [50, 45]);
  assert.equal((await balance("lead_generation")).balance, 45);
});

test("who is away is asked until the deadline, and no longer", async () => {
  const away = new Tollgate({ url: awayUrl, credential: awayCredential, deadlineSeconds: 3 });
  await assert.rejects(away.deduct("generate_goal"), (error) => {
    assert.ok(error instanceof client.UnavailableError);
    assert.equal(error.status, 503);
    assert.ok(error.retryAfterSeconds >= 1);
    return true;
  });
  const nobody = new Tollgate({ url: nobodyUrl, credential, deadlineSeconds: 0.5 });
  await assert.rejects(nobody.deduct("generate_goal"), client.NotReachedError);
});

test("a lease is spent from without asking, is bounded, and is settled", async () => {
  const lease = tollgate.lease("forecast_revenue", 4, { spendSeconds: 60, settleSeconds: 60 });
  assert.throws(() => lease.spend(), client.LeaseError);
  await lease.renew();
  lease.spend();
  lease.spend(2);
  assert.equal(lease.remainingUnits, 1);
  assert.throws(() => lease.spend(2), client.LeaseError);
  assert.throws(() => lease.spend(-1), client.LeaseError);
  await lease.settle();
  assert.throws(() => lease.spend(), client.LeaseError);
  const { balance: left, reserved } = await balance("forecast");
  assert.deepEqual([left, reserved, lease.lostTokens], [18, 0, 0]);
});

test("a lease that is settled while it is renewed holds nothing afterwards", async () => {
  let open;
  const gate = new Promise((resolve) => (open = resolve));
  const slow = {
    reserve: (...words) => gate.then(() => tollgate.reserve(...words)),
    release: (...words) => tollgate.release(...words),
  };
  const lease = new client.OfflineLease(slow, "forecast_revenue", 1);
  const renewal = lease.renew();
  const settlement = lease.settle();
  open();
  await Promise.all([renewal, settlement]);
  assert.equal(lease.remainingUnits, 0);
  assert.equal((await balance("forecast")).reserved, 0);
});

test("what Tollgate refuses for good to settle is lost, and what comes after it is settled", async () => {
  const held = [];
  const watched = {
    reserve: async (...words) => {
      held.push(await tollgate.reserve(...words));
      return held.at(-1);
    },
    capture: (...words) => tollgate.capture(...words),
    release: (...words) => tollgate.release(...words),
  };
  const lease = new client.OfflineLease(watched, "forecast_revenue", 1);
  await lease.renew();
  lease.spend();
  // Its key is another request's.
  const [{ reservationId, amount }] = held;
  const charge = await tollgate.deduct("generate_goal", { idempotencyKey: `lease-${reservationId}` });
  await lease.renew();
  await lease.settle();
  assert.equal(lease.lostTokens, amount);
  assert.equal((await balance("forecast")).reserved, amount);
  await tollgate.release(reservationId);
  await tollgate.refund(charge.transactionId);
});

test("a call to somebody who never answers ends with its deadline", { timeout: 60_000 }, async () => {
  const silent = createServer(() => {}).listen(0, "127.0.0.1");
  await once(silent, "listening");
  const patient = new Tollgate({ url: `http://127.0.0.1:${silent.address().port}`, credential, deadlineSeconds: 0.5 });
  const began = performance.now();
  await assert.rejects(patient.actions(), client.NotReachedError);
  assert.ok(performance.now() - began < 5_000);
  silent.close();
});

/** What answers everything with the same bytes, as no Tollgate would; and how often. */
async function stranger(answer) {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => { server.count += 1; socket.end(answer); });
  }).listen(0, "127.0.0.1");
  server.count = 0;
  await once(server, "listening");
  return server;
}

test("an answer that is none of Tollgate's is an error, and steers nothing", { timeout: 60_000 }, async () => {
  const head = "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Type: application/json\r\n";
  for (const [retryAfter, field] of [['"soon"', ""], ["-5", ""], ["1e400", "x"], ["null", "9".repeat(400)], ["{}", "-1"]]) {
    const body = `{"code":[],"detail":{},"retryAfterSeconds":${retryAfter}}`;
    const server = await stranger(`${head}Retry-After: ${field}\r\n\r\n${body}`);
    const asked = new Tollgate({ url: `http://127.0.0.1:${server.address().port}`, credential, deadlineSeconds: 0.5 });
    await assert.rejects(asked.actions(), (error) => error instanceof client.UnavailableError && error.retryAfterSeconds === undefined);
    assert.ok(server.count > 1 && server.count < 20, `${server.count} requests`);
    server.close();
  }
  for (const code of ["constructor", "__proto__", "toString"]) {
    const server = await stranger(`HTTP/1.1 402 No\r\nConnection: close\r\n\r\n{"code":"${code}","requiredTokens":1}`);
    const asked = new Tollgate({ url: `http://127.0.0.1:${server.address().port}`, credential, deadlineSeconds: 0 });
    await assert.rejects(asked.actions(), client.RejectedError);
    server.close();
  }
  const endless = await stranger(`HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"${"a".repeat(5_000_000)}"`);
  const asked = new Tollgate({ url: `http://127.0.0.1:${endless.address().port}`, credential, deadlineSeconds: 0 });
  await assert.rejects(asked.actions(), (error) => error instanceof client.RejectedError && /too long/.test(error.message));
  endless.close();
});

test("what cannot be sent is said at once, and not what it was", async () => {
  const isSilent = (error) => error instanceof client.RejectedError && !/secret/.test(error.message + error.stack);
  for (const wrong of ["", "secret\n", "secret secret", "secret-ä"]) {
    assert.throws(() => new Tollgate({ url, credential: wrong }), isSilent);
  }
  for (const idempotencyKey of ["", "secret\n", "secret-ä", "secret".repeat(50)]) {
    await assert.rejects(tollgate.deduct("generate_goal", { idempotencyKey }), isSilent);
  }
  const circle = {};
  circle.circle = circle;
  await assert.rejects(tollgate.deduct("generate_goal", { metadata: circle }), TypeError);
});

test("plain http leads to this machine only, unless it is allowed elsewhere", () => {
  assert.throws(() => new Tollgate({ url: "http://tollgate.example", credential }), TypeError);
  assert.throws(() => new Tollgate({ url: "ftp://127.0.0.1", credential }), TypeError);
  assert.throws(() => new Tollgate({ url: "https://user@tollgate.example", credential }), TypeError);
  new Tollgate({ url: "http://tollgate.example", credential, allowsPlainHTTPElsewhere: true });
  new Tollgate({ url: "http://[::1]:8080", credential });
});
