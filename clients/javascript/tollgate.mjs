/**
 * Tollgate's client for JavaScript: one file, no dependencies. Node 18 or newer, and browsers.
 *
 * Calls that change something are sent again after a broken connection or a 502, 503 or 504, under the same
 * Idempotency-Key, so that they happen once. No call is sent again after any other answer.
 */

/**
 * @typedef {object} TollgateOptions
 * @property {string} url `https://…`; `http://…` leads to this machine only, unless `allowsPlainHTTPElsewhere`.
 * @property {string} credential An API key or a JWT.
 * @property {string} [organizationId] Whose tokens are spent; a service's credential and `checkBalance` need it.
 * @property {string} [userId] For whom a service spends.
 * @property {number} [requestSeconds] How long one attempt may take; 10. Never longer than is left of the deadline.
 * @property {number} [deadlineSeconds] How long a call may take with all its attempts; 30. 0: one attempt.
 * @property {number} [longestWorkSeconds] For how long tokens of guarded work stay held; 3600.
 * @property {boolean} [allowsPlainHTTPElsewhere] Lets the credential cross a network unencrypted.
 */

/**
 * @typedef {number | Object<string, number>} Units How often a feature is used, or how much of each dimension.
 */

/**
 * @typedef {object} SpendingOptions
 * @property {Units} [units] 1.
 * @property {string} [eventId] What caused it, for the ledger.
 * @property {Object<string, unknown>} [metadata] Kept with it; up to 8 KiB.
 * @property {string} [idempotencyKey] Names this use for a week, in 1 to 255 printable ASCII characters; without it only
 *   this call's attempts are one.
 */

/**
 * @typedef {object} Reservation
 * @property {string} reservationId
 * @property {string} tokenType
 * @property {number} amount Tokens held.
 * @property {string} expiresAt RFC 3339.
 * @property {number} balance
 * @property {number} reserved
 * @property {number} available
 */

/** Why a call did not do what it was asked; its subclasses say what to do about it. */
export class TollgateError extends Error {
  /**
   * @param {string} message
   * @param {{status?: number, problem?: Object<string, any>, retryAfterSeconds?: number, cause?: unknown}} [details]
   */
  constructor(message, { status, problem = {}, retryAfterSeconds, cause } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    /** The HTTP status; undefined when nobody answered. */
    this.status = status;
    /** The stable name, as `reservation_closed`; undefined when Tollgate said nothing. */
    this.code = problem.code;
    /** The whole problem (RFC 9457). */
    this.problem = problem;
    /** Whole seconds after which trying again makes sense; undefined where nobody knows. */
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** A refusal with its figures: requiredTokens, availableTokens, deficit, balance, tokenType, transactionId. */
export class RefusedError extends TollgateError {
  constructor(message, details) {
    super(message, details);
    for (const name of ["featureUsed", "tokenType", "requiredTokens", "availableTokens", "deficit", "balance",
      "transactionId", "limit"]) {
      this[name] = this.problem[name];
    }
  }
}

/** 402: too few tokens, or a critical balance, and only paying helps. */
export class InsufficientTokensError extends RefusedError {}
/** 403: the organization's plan does not have this feature. */
export class NotOnPlanError extends RefusedError {}
/** 429: a bucket that will have enough after `retryAfterSeconds`. */
export class RefillingError extends RefusedError {}
/** 429: a quota or another limit. */
export class LimitReachedError extends RefusedError {}
/** 429: too many requests, whatever they ask for. */
export class RateLimitedError extends TollgateError {}
/** 403: nothing is spent until the organization has paid. */
export class OrganizationSuspendedError extends TollgateError {}
/** 401, or 403 for another reason. */
export class ForbiddenError extends TollgateError {}
/** 404: there is no such thing, or it is another tenant's. */
export class NotFoundError extends TollgateError {}
/** 409: too late, as for a reservation that is finished. */
export class ConflictError extends TollgateError {}
/** Any other 4xx: the request itself is wrong. Without a status: it cannot be sent, or not to a server that is trusted. */
export class RejectedError extends TollgateError {}
/** 5xx, also after trying again. Whether it had an effect is known where the same key is sent again. */
export class UnavailableError extends TollgateError {}
/** Nobody answered, also after trying again. The same holds. */
export class NotReachedError extends TollgateError {}

/** A lease that gives nothing more for now. */
export class LeaseError extends Error {}

const outages = [502, 503, 504];

/** @returns {TollgateError} what an answer that is no success means */
function problemError(status, problem, retryAfterField) {
  const ofField = /^\d{1,9}$/.test(retryAfterField ?? "") ? Number(retryAfterField) : undefined;
  const retryAfterSeconds =
    Number.isSafeInteger(problem.retryAfterSeconds) && problem.retryAfterSeconds >= 0 ? problem.retryAfterSeconds : ofField;
  const isRefusal = problem.requiredTokens !== undefined;
  const kinds = {
    insufficient_tokens: InsufficientTokensError,
    critical_balance: InsufficientTokensError,
    not_on_plan: NotOnPlanError,
    refilling: RefillingError,
    limit_reached: LimitReachedError,
  };
  const byStatus = {
    401: ForbiddenError, 403: ForbiddenError, 404: NotFoundError, 409: ConflictError, 429: RateLimitedError,
  };
  const Kind =
    (isRefusal && Object.hasOwn(kinds, problem.code) && kinds[problem.code]) ||
    (problem.code === "organization_suspended" && OrganizationSuspendedError) ||
    byStatus[status] ||
    (status >= 500 ? UnavailableError : RejectedError);
  return new Kind(problem.detail ?? `The answer has status ${status} and no problem in it.`, {
    status, problem, retryAfterSeconds,
  });
}

const isLoopback = (host) => host === "localhost" || host === "[::1]" || /^127(\.\d{1,3}){3}$/.test(host);
const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));
const now = () => performance.now() / 1000;

/** A program's way to Tollgate. */
export class Tollgate {
  #options;
  #base;

  /** @param {TollgateOptions} options */
  constructor(options) {
    this.#options = { requestSeconds: 10, deadlineSeconds: 30, longestWorkSeconds: 3600, ...options };
    if (!/^[!-~]+$/.test(options.credential ?? "")) throw new RejectedError("The credential has characters that cannot be sent.");
    const { protocol, hostname, username, password } = new URL(options.url);
    if (username || password) throw new TypeError("The URL has a user name in it; the credential is sent instead.");
    const isPlainAllowed = options.allowsPlainHTTPElsewhere || isLoopback(hostname);
    if (protocol !== "https:" && !(protocol === "http:" && isPlainAllowed)) {
      throw new TypeError("http:// is for this machine; elsewhere https:// is needed.");
    }
    this.#base = options.url.replace(/\/$/, "");
  }

  /**
   * Charges for a feature.
   * @param {string} feature
   * @param {SpendingOptions} [options]
   * @returns {Promise<{transactionId: string, tokenType: string, cost: number, balanceBefore: number,
   *   balanceAfter: number, state: string, createdAt: string}>}
   */
  deduct(feature, { units = 1, eventId, metadata, idempotencyKey } = {}) {
    return this.#change("/api/v1/tokens/deduct", {
      featureUsed: feature, units, eventId, metadata, ...this.#whose(), ...this.#forWhom(),
    }, idempotencyKey);
  }

  /**
   * Gives a charge back, or `amount` tokens of it.
   * @param {string} transactionId
   * @param {{amount?: number, reason?: string, idempotencyKey?: string}} [options]
   * @returns {Promise<{refundId: string, amount: number, refundedTotal: number, balanceAfter: number}>}
   */
  refund(transactionId, { amount, reason, idempotencyKey } = {}) {
    return this.#change("/api/v1/tokens/refund", { transactionId, amount, reason, ...this.#whose() }, idempotencyKey);
  }

  /**
   * Whether the organization has the tokens for one use. Changes nothing.
   * @param {string} feature
   * @returns {Promise<boolean>}
   */
  async checkBalance(feature) {
    const answer = await this.#send("POST", "/api/v1/tokens/check-balance", { featureUsed: feature, ...this.#whose() });
    return answer.hasTokens;
  }

  /**
   * Every balance of the organization, or the one of a token type.
   * @param {string} [tokenType]
   * @returns {Promise<Array<{tokenType: string, balance: number, reserved: number, available: number, state: string}>>}
   */
  async balances(tokenType) {
    const query = new URLSearchParams();
    if (this.#options.organizationId) query.set("organizationId", this.#options.organizationId);
    if (tokenType !== undefined) query.set("tokenType", tokenType);
    const suffix = `${query}` && `?${query}`;
    return (await this.#send("GET", `/api/v1/tokens/balance${suffix}`)).balances;
  }

  /**
   * What tokens are spent on, and what that costs.
   * @returns {Promise<Array<{name: string, tokenType: string, cost?: number, endpointType?: string}>>}
   */
  async actions() {
    return (await this.#send("GET", "/api/v1/actions")).data;
  }

  /**
   * Whether an action could be performed now. For want of tokens it is an answer, not an error.
   * @param {string} action
   * @param {{units?: Units}} [options]
   * @returns {Promise<{allowed: boolean, required: number, balance: number, available: number, reason?: string,
   *   code?: string, retryAfterSeconds?: number}>}
   */
  check(action, { units = 1 } = {}) {
    const path = `/api/v1/actions/${encodeURIComponent(action)}/check`;
    return this.#send("POST", path, { units, ...this.#whose(), ...this.#forWhom() });
  }

  /**
   * Holds what a feature costs, for work whose price is known afterwards.
   * @param {string} feature
   * @param {SpendingOptions & {lifetimeSeconds?: number}} [options] After 1 to 86400 seconds (300) they come back.
   * @returns {Promise<Reservation>}
   */
  reserve(feature, { units = 1, lifetimeSeconds = 300, eventId, metadata, idempotencyKey } = {}) {
    return this.#change("/api/v1/reservations", {
      featureUsed: feature, units, ttlSeconds: lifetimeSeconds, eventId, metadata, ...this.#whose(), ...this.#forWhom(),
    }, idempotencyKey);
  }

  /**
   * Charges what is held, or `amount`: less lets the rest go, more is charged if it is there.
   * @param {string} reservationId
   * @param {{amount?: number, idempotencyKey?: string}} [options]
   * @returns {Promise<{transactionId: string, captured: number, released: number, balance: number, available: number}>}
   */
  capture(reservationId, { amount, idempotencyKey } = {}) {
    return this.#change(this.#step(reservationId, "capture"), { amount, ...this.#whose() }, idempotencyKey);
  }

  /**
   * Lets go what is held.
   * @param {string} reservationId
   * @param {{idempotencyKey?: string}} [options]
   * @returns {Promise<{released: number, balance: number, available: number}>}
   */
  release(reservationId, { idempotencyKey } = {}) {
    return this.#change(this.#step(reservationId, "release"), this.#whose(), idempotencyKey);
  }

  /**
   * Holds for so many seconds from now on.
   * @param {string} reservationId
   * @param {number} lifetimeSeconds
   * @param {{idempotencyKey?: string}} [options]
   * @returns {Promise<Reservation>}
   */
  extend(reservationId, lifetimeSeconds, { idempotencyKey } = {}) {
    const body = { ttlSeconds: lifetimeSeconds, ...this.#whose() };
    return this.#change(this.#step(reservationId, "extend"), body, idempotencyKey);
  }

  /**
   * Runs work that costs tokens: holds them, extends that for as long as the work runs, up to `longestWorkSeconds`, and
   * charges what was held, or what the work says by `held.tokens = 7` (0 lets everything go). When the work throws,
   * everything is let go.
   * @template Value
   * @param {string} feature
   * @param {(held: Reservation & {tokens?: number}) => Promise<Value> | Value} work
   * @param {{units?: Units, lifetimeSeconds?: number}} [options] When this process dies, they come back after 60 seconds.
   * @returns {Promise<Value>}
   */
  async withTokens(feature, work, { units = 1, lifetimeSeconds = 60 } = {}) {
    return this.#run(await this.reserve(feature, { units, lifetimeSeconds }), work, lifetimeSeconds);
  }

  /**
   * The same for batch jobs: a refusal skips the work instead of throwing.
   * @template Value
   * @param {string} feature
   * @param {(held: Reservation & {tokens?: number}) => Promise<Value> | Value} work
   * @param {{units?: Units, lifetimeSeconds?: number}} [options]
   * @returns {Promise<{value: Value} | {skipped: "SKIPPED_NO_TOKENS", message: string, retryAfterSeconds?: number}>}
   */
  async withTokensOrSkip(feature, work, { units = 1, lifetimeSeconds = 60 } = {}) {
    let held;
    try {
      held = await this.reserve(feature, { units, lifetimeSeconds });
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      const isShort = error instanceof InsufficientTokensError || error instanceof RefillingError;
      const message = isShort
        ? `Insufficient tokens: ${error.availableTokens}/${error.requiredTokens} available` : error.message;
      return { skipped: "SKIPPED_NO_TOKENS", message, retryAfterSeconds: error.retryAfterSeconds };
    }
    return { value: await this.#run(held, work, lifetimeSeconds) };
  }

  /**
   * Tokens taken ahead, to be spent without asking: see `OfflineLease`.
   * @param {string} feature
   * @param {number} units
   * @param {{spendSeconds?: number, settleSeconds?: number}} [options] 60 and 3600.
   * @returns {OfflineLease}
   */
  lease(feature, units, options = {}) {
    return new OfflineLease(this, feature, units, options);
  }

  async #run(held, work, lifetimeSeconds) {
    const id = held.reservationId;
    const end = now() + this.#options.longestWorkSeconds;
    const keeper = setInterval(() => {
      // What never ends does not hold tokens for ever. What fails now is tried again at the next turn, and a capture that
      // comes too late says so.
      if (now() >= end) clearInterval(keeper);
      else this.extend(id, lifetimeSeconds).catch(() => {});
    }, (lifetimeSeconds * 1000) / 3);
    try {
      let value;
      try {
        value = await work(held);
      } catch (error) {
        // What cannot be let go comes back by itself.
        await this.release(id).catch(() => {});
        throw error;
      }
      await this.#settle(held);
      return value;
    } finally {
      clearInterval(keeper);
    }
  }

  async #settle({ reservationId, amount, tokens }) {
    if (tokens === 0 && amount > 0) return this.release(reservationId).catch(() => {});
    try {
      return await this.capture(reservationId, { amount: tokens });
    } catch (error) {
      // What was held is charged when there is not as much as the work took.
      if (error instanceof InsufficientTokensError) await this.capture(reservationId);
      throw error;
    }
  }

  #step(reservationId, step) {
    return `/api/v1/reservations/${encodeURIComponent(reservationId)}/${step}`;
  }

  #whose() {
    return { organizationId: this.#options.organizationId };
  }

  #forWhom() {
    return { userId: this.#options.userId };
  }

  async #change(path, body, idempotencyKey) {
    const key = idempotencyKey ?? globalThis.crypto?.randomUUID?.() ?? fallbackKey();
    if (!/^[ -~]{1,255}$/.test(key)) throw new RejectedError("An Idempotency-Key is 1 to 255 printable ASCII characters.");
    return this.#send("POST", path, body, key);
  }

  async #send(method, path, body, idempotencyKey) {
    const { requestSeconds, deadlineSeconds } = this.#options;
    const began = now();
    const request = this.#request(method, body, idempotencyKey);
    for (let attempts = 1; ; attempts += 1) {
      const left = deadlineSeconds > 0 ? Math.max(deadlineSeconds - (now() - began), 0.1) : requestSeconds;
      try {
        return await this.#attempt(path, request, Math.min(requestSeconds, left));
      } catch (error) {
        const isOutage =
          error instanceof NotReachedError || (error instanceof UnavailableError && outages.includes(error.status));
        if (!isOutage) throw error;
        const full = Math.min(0.1 * 2 ** Math.min(attempts - 1, 20), 5);
        // Clients that failed together come back apart.
        const delay = Math.max(full * (0.5 + Math.random() / 2), (error.retryAfterSeconds ?? 0) + full * Math.random() / 2);
        if (now() - began + delay >= deadlineSeconds) throw error;
        await pause(delay);
      }
    }
  }

  #request(method, body, idempotencyKey) {
    const headers = { Authorization: `Bearer ${this.#options.credential}` };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (idempotencyKey !== undefined) headers["Idempotency-Key"] = idempotencyKey;
    return { method, headers, body: body === undefined ? undefined : JSON.stringify(body), redirect: "manual" };
  }

  async #attempt(path, request, seconds) {
    let response, text;
    try {
      response = await fetch(this.#base + path, { ...request, signal: AbortSignal.timeout(Math.ceil(seconds * 1000)) });
      text = await textOf(response);
    } catch (cause) {
      if (cause instanceof TollgateError) throw cause;
      if (isUntrusted(cause)) throw new RejectedError("The server's certificate is not trusted.", { cause });
      throw new NotReachedError("Nobody answered.", { cause });
    }
    const value = parsed(text);
    if (response.ok && value !== undefined) return value;
    if (response.ok) throw new RejectedError("The answer is not one of Tollgate's.", { status: response.status });
    throw problemError(response.status, value ?? {}, response.headers.get("Retry-After"));
  }
}

const longestAnswerBytes = 4_194_304;

/** @returns {Promise<string>} what an answer consists of; a longer one is none of Tollgate's */
async function textOf(response) {
  const reader = response.body?.getReader();
  if (!reader) return "";
  const decoder = new TextDecoder();
  let text = "";
  for (let left = longestAnswerBytes; ;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    left -= value.length;
    if (left < 0) {
      await reader.cancel();
      throw new RejectedError("The answer is too long to be one of Tollgate's.", { status: response.status });
    }
    text += decoder.decode(value, { stream: true });
  }
}

/** By Node's names of what is wrong with a certificate. Browsers do not say. */
const isUntrusted = ({ cause }) => /CERT|^UNABLE_TO_|^HOSTNAME_MISMATCH$|^INVALID_CA$/.test(cause?.code ?? "");

/** @returns {Object<string, any> | undefined} an object, or nothing where the text is none */
function parsed(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Node 18 has no global crypto. A key needs to be its own, not secret. */
function fallbackKey() {
  const part = () => Math.random().toString(36).slice(2).padEnd(11, "0");
  return `${Date.now().toString(36)}-${part()}${part()}`;
}

/**
 * Tokens taken ahead, to be spent without asking: also while Tollgate is away.
 *
 * Never more is spent than was reserved, and not for longer than `spendSeconds` from the moment at which it was asked
 * for. `settle()` or the next `renew()` charges what was spent, and has to reach Tollgate within `settleSeconds` after
 * that: then the reservation expires, and what was spent of it was free (`lostTokens`). So it is when the program dies.
 */
export class OfflineLease {
  #client;
  #feature;
  #units;
  #spendSeconds;
  #lifetimeSeconds;
  #current;
  #unsettled = [];
  #renewal;
  /** Tokens that were spent and could not be charged: their reservation had expired, or Tollgate refused for good. */
  lostTokens = 0;

  constructor(client, feature, units, { spendSeconds = 60, settleSeconds = 3600 } = {}) {
    this.#client = client;
    this.#feature = feature;
    this.#units = units;
    this.#spendSeconds = spendSeconds;
    this.#lifetimeSeconds = Math.ceil(spendSeconds + settleSeconds);
  }

  /** How many units may be spent at this moment. */
  get remainingUnits() {
    const current = this.#current;
    return current && now() < current.spendUntil ? current.units - current.spentUnits : 0;
  }

  /**
   * Spends units without asking anybody. Throws a `LeaseError` when that is not possible: nothing was spent then.
   * @param {number} [units]
   */
  spend(units = 1) {
    if (!Number.isInteger(units) || units < 0 || units > this.remainingUnits || !this.#current) {
      throw new LeaseError(`The lease has ${this.remainingUnits} units left.`);
    }
    this.#current.spentUnits += units;
  }

  /** Takes the next lease ahead, and settles the one before, which can be spent from meanwhile. */
  async renew() {
    if (this.#renewal) return;
    this.#renewal = this.#takeNext();
    try {
      await this.#renewal;
    } finally {
      this.#renewal = undefined;
    }
  }

  /** Charges what was spent and lets the rest go. What could not be settled is kept for the next call. */
  async settle() {
    this.#retire();
    // What a renewal gets meanwhile is settled too. How it fails is for whoever asked for it.
    await this.#renewal?.catch(() => {});
    this.#retire();
    await this.#settleFormer();
  }

  async #takeNext() {
    const spendUntil = now() + this.#spendSeconds;
    const held = await this.#client.reserve(this.#feature, {
      units: this.#units, lifetimeSeconds: this.#lifetimeSeconds,
    });
    this.#retire();
    this.#current = {
      id: held.reservationId, tokensPerUnit: held.amount / this.#units, units: this.#units, spendUntil, spentUnits: 0,
    };
    await this.#settleFormer();
  }

  #retire() {
    if (this.#current) this.#unsettled.push(this.#current);
    this.#current = undefined;
  }

  async #settleFormer() {
    while (this.#unsettled.length > 0) {
      const slice = this.#unsettled[0];
      const tokens = slice.spentUnits * slice.tokensPerUnit;
      // Two calls at once send the same key, which counts once.
      const idempotencyKey = `lease-${slice.id}`;
      try {
        if (slice.spentUnits > 0) await this.#client.capture(slice.id, { amount: tokens, idempotencyKey });
        else await this.#client.release(slice.id, { idempotencyKey });
      } catch (error) {
        // Nothing would settle it later either, and those behind it wait.
        if (!isFinal(error)) throw error;
        if (this.#unsettled.includes(slice)) this.lostTokens += tokens;
      }
      this.#unsettled = this.#unsettled.filter((other) => other !== slice);
    }
  }
}

/** Tollgate's own answer that a reservation cannot be captured or released any more. */
const isFinal = (error) =>
  [ConflictError, NotFoundError, RejectedError].some((Kind) => error instanceof Kind) && error.status >= 400;
