"""Tollgate's client for Python: one file, no dependencies. Python 3.9 or newer.

Calls that change something are sent again after a broken connection or a 502, 503 or 504, under the same
Idempotency-Key, so that they happen once. No call is sent again after any other answer.

    tollgate = Tollgate("https://tollgate.example", "tg_live_...")
    with tollgate.tokens("surprise_me"):
        surprise()
"""

from __future__ import annotations

import http.client
import io
import ipaddress
import json
import math
import random
import re
import socket
import ssl
import threading
import time
import urllib.parse
import uuid
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, TypeVar, Union

__all__ = [
    "ConflictError", "ForbiddenError", "Held", "InsufficientTokensError", "LeaseError", "LimitReachedError",
    "NotFoundError", "NotOnPlanError", "NotReachedError", "OfflineLease", "OrganizationSuspendedError",
    "RateLimitedError", "RefillingError", "RefusedError", "RejectedError", "Skipped", "Tollgate", "TollgateError",
    "UnavailableError",
]

Answer = Dict[str, Any]
#: How often a feature is used, or how much of each dimension of its price.
Units = Union[int, Mapping[str, int]]
Value = TypeVar("Value")

_OUTAGES = (502, 503, 504)
_LONGEST_ANSWER_BYTES = 4_194_304


class TollgateError(Exception):
    """Why a call did not do what it was asked; its subclasses say what to do about it."""

    def __init__(
        self, message: str, *, status: Optional[int] = None, problem: Optional[Answer] = None,
        retry_after_seconds: Optional[int] = None,
    ) -> None:
        super().__init__(message)
        #: The HTTP status; None when nobody answered.
        self.status = status
        #: The whole problem (RFC 9457), empty when Tollgate said nothing.
        self.problem: Answer = problem or {}
        #: The stable name, as ``reservation_closed``.
        self.code: Optional[str] = self.problem.get("code")
        #: Whole seconds after which trying again makes sense; None where nobody knows.
        self.retry_after_seconds = retry_after_seconds


class RefusedError(TollgateError):
    """A refusal with its figures, which is in the ledger. Tokens throughout."""

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message, **details)
        self.token_type: str = self.problem["tokenType"]
        self.required_tokens: int = self.problem["requiredTokens"]
        self.available_tokens: int = self.problem["availableTokens"]
        self.deficit: int = self.problem["deficit"]
        self.balance: int = self.problem["balance"]
        self.transaction_id: str = self.problem["transactionId"]
        self.feature_used: Optional[str] = self.problem.get("featureUsed")
        self.limit: Optional[str] = self.problem.get("limit")


class InsufficientTokensError(RefusedError):
    """402: too few tokens, or a critical balance, and only paying helps."""


class NotOnPlanError(RefusedError):
    """403: the organization's plan does not have this feature."""


class RefillingError(RefusedError):
    """429: a bucket that will have enough after ``retry_after_seconds``."""


class LimitReachedError(RefusedError):
    """429: a quota or another limit."""


class RateLimitedError(TollgateError):
    """429: too many requests, whatever they ask for."""


class OrganizationSuspendedError(TollgateError):
    """403: nothing is spent until the organization has paid."""


class ForbiddenError(TollgateError):
    """401, or 403 for another reason."""


class NotFoundError(TollgateError):
    """404: there is no such thing, or it is another tenant's."""


class ConflictError(TollgateError):
    """409: too late, as for a reservation that is finished."""


class RejectedError(TollgateError):
    """Any other 4xx: the request itself is wrong. Without a status: it cannot be sent, or not to a server that is trusted."""


class UnavailableError(TollgateError):
    """5xx, also after trying again. Whether it had an effect is known where the same key is sent again."""


class NotReachedError(TollgateError):
    """Nobody answered, also after trying again. The same holds."""


class LeaseError(Exception):
    """A lease that gives nothing more for now."""


_REFUSALS = {
    "insufficient_tokens": InsufficientTokensError, "critical_balance": InsufficientTokensError,
    "not_on_plan": NotOnPlanError, "refilling": RefillingError, "limit_reached": LimitReachedError,
}
_STATUSES = {
    401: ForbiddenError, 403: ForbiddenError, 404: NotFoundError, 409: ConflictError, 429: RateLimitedError,
}


def _error(status: int, problem: Answer, retry_after: Optional[str]) -> TollgateError:
    seconds = problem.get("retryAfterSeconds")
    if type(seconds) is not int or seconds < 0:
        seconds = int(retry_after) if re.fullmatch("[0-9]{1,9}", retry_after or "") else None
    code = str(problem.get("code", ""))
    if "requiredTokens" in problem and code in _REFUSALS:
        kind: type = _REFUSALS[code]
    elif code == "organization_suspended":
        kind = OrganizationSuspendedError
    else:
        kind = _STATUSES.get(status, UnavailableError if status >= 500 else RejectedError)
    detail = problem.get("detail") or f"The answer has status {status} and no problem in it."
    return kind(detail, status=status, problem=problem, retry_after_seconds=seconds)


@dataclass
class Held:
    """What guarded work is given. Work that took another amount than is held says so in ``tokens``."""

    reservation_id: str
    token_type: str
    #: Tokens held.
    amount: int
    #: When they come back if nobody extends that, RFC 3339.
    expires_at: str
    #: What to charge in the end; None: what is held, 0: nothing.
    tokens: Optional[int] = None


@dataclass(frozen=True)
class Skipped:
    """How a batch job ends for which there are no tokens."""

    refusal: RefusedError
    status: str = field(default="SKIPPED_NO_TOKENS", init=False)

    @property
    def message(self) -> str:
        """``Insufficient tokens: 50/200 available``; of a limit or a plan, what Tollgate says."""
        if isinstance(self.refusal, (InsufficientTokensError, RefillingError)):
            return f"Insufficient tokens: {self.refusal.available_tokens}/{self.refusal.required_tokens} available"
        return str(self.refusal)


class Tollgate:
    """A program's way to Tollgate. Safe to use from many threads at once; each attempt has a connection of its own."""

    def __init__(
        self, url: str, credential: str, *, organization_id: Optional[str] = None, user_id: Optional[str] = None,
        request_seconds: float = 10.0, deadline_seconds: float = 30.0, longest_work_seconds: float = 3600.0,
        tls: Optional[ssl.SSLContext] = None, allows_plain_http_elsewhere: bool = False,
    ) -> None:
        """
        :param url: ``https://...``; ``http://...`` leads to this machine only.
        :param credential: an API key or a JWT.
        :param organization_id: whose tokens are spent; a service's credential and ``check_balance`` need it.
        :param user_id: for whom a service spends.
        :param request_seconds: how long one attempt may take, never longer than is left of the deadline.
        :param deadline_seconds: how long a call may take with all its attempts; 0: one attempt.
        :param longest_work_seconds: for how long tokens of guarded work stay held.
        :param tls: which certificates are trusted; None: the system's.
        :param allows_plain_http_elsewhere: lets the credential cross a network unencrypted.
        """
        if not re.fullmatch("[!-~]+", credential):
            raise RejectedError("The credential has characters that cannot be sent.")
        parts = urllib.parse.urlsplit(url)
        if parts.hostname is None or parts.username is not None:
            raise ValueError("The URL needs a host, and no user name.")
        is_plain_allowed = allows_plain_http_elsewhere or _is_loopback(parts.hostname)
        if parts.scheme != "https" and not (parts.scheme == "http" and is_plain_allowed):
            raise ValueError("http:// is for this machine; elsewhere https:// is needed.")
        self._host = parts.hostname
        # http.client would take the end of an IPv6 address for the port.
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        self._path = parts.path.rstrip("/")
        self._tls = (tls or ssl.create_default_context()) if parts.scheme == "https" else None
        self._credential = credential
        self._whose: Answer = {} if organization_id is None else {"organizationId": organization_id}
        self._for_whom: Answer = {} if user_id is None else {"userId": user_id}
        self._request_seconds = request_seconds
        self._deadline_seconds = deadline_seconds
        self._longest_work_seconds = longest_work_seconds

    def deduct(
        self, feature: str, units: Units = 1, *, event_id: Optional[str] = None,
        metadata: Optional[Mapping[str, Any]] = None, idempotency_key: Optional[str] = None,
    ) -> Answer:
        """Charges for a feature. The answer has transactionId, tokenType, cost, balanceBefore, balanceAfter, state.

        :param event_id: what caused it, for the ledger.
        :param metadata: kept with it; up to 8 KiB.
        :param idempotency_key: names this use for a week, in 1 to 255 printable ASCII characters; None: only this call's attempts are one.
        """
        body = {"featureUsed": feature, "units": units, "eventId": event_id, "metadata": metadata}
        return self._change("/api/v1/tokens/deduct", {**body, **self._whose, **self._for_whom}, idempotency_key)

    def refund(
        self, transaction_id: str, amount: Optional[int] = None, *, reason: Optional[str] = None,
        idempotency_key: Optional[str] = None,
    ) -> Answer:
        """Gives a charge back, or ``amount`` tokens of it: refundId, amount, refundedTotal, balanceAfter."""
        body = {"transactionId": transaction_id, "amount": amount, "reason": reason, **self._whose}
        return self._change("/api/v1/tokens/refund", body, idempotency_key)

    def check_balance(self, feature: str) -> bool:
        """Whether the organization has the tokens for one use. Changes nothing."""
        answer = self._send("POST", "/api/v1/tokens/check-balance", {"featureUsed": feature, **self._whose})
        return bool(answer["hasTokens"])

    def balances(self, token_type: Optional[str] = None) -> List[Answer]:
        """Every balance of the organization, or the one of a token type."""
        fields = {**self._whose, **({} if token_type is None else {"tokenType": token_type})}
        query = "?" + urllib.parse.urlencode(fields) if fields else ""
        return self._send("GET", "/api/v1/tokens/balance" + query)["balances"]

    def actions(self) -> List[Answer]:
        """What tokens are spent on, and what that costs."""
        return self._send("GET", "/api/v1/actions")["data"]

    def check(self, action: str, units: Units = 1) -> Answer:
        """Whether an action could be performed now: allowed, required, balance, reason. For want of tokens no error."""
        path = f"/api/v1/actions/{_escaped(action)}/check"
        return self._send("POST", path, {"units": units, **self._whose, **self._for_whom})

    def reserve(
        self, feature: str, units: Units = 1, *, lifetime_seconds: int = 300, event_id: Optional[str] = None,
        metadata: Optional[Mapping[str, Any]] = None, idempotency_key: Optional[str] = None,
    ) -> Answer:
        """Holds what a feature costs: reservationId, amount, expiresAt, balance, reserved, available.

        :param lifetime_seconds: 1 to 86400; then the tokens come back by themselves.
        """
        body = {
            "featureUsed": feature, "units": units, "ttlSeconds": lifetime_seconds, "eventId": event_id,
            "metadata": metadata,
        }
        return self._change("/api/v1/reservations", {**body, **self._whose, **self._for_whom}, idempotency_key)

    def capture(
        self, reservation_id: str, amount: Optional[int] = None, *, idempotency_key: Optional[str] = None
    ) -> Answer:
        """Charges what is held, or ``amount``: less lets the rest go, more is charged if it is there."""
        return self._change(_step(reservation_id, "capture"), {"amount": amount, **self._whose}, idempotency_key)

    def release(self, reservation_id: str, *, idempotency_key: Optional[str] = None) -> Answer:
        """Lets go what is held."""
        return self._change(_step(reservation_id, "release"), dict(self._whose), idempotency_key)

    def extend(
        self, reservation_id: str, lifetime_seconds: int, *, idempotency_key: Optional[str] = None
    ) -> Answer:
        """Holds for so many seconds from now on."""
        body = {"ttlSeconds": lifetime_seconds, **self._whose}
        return self._change(_step(reservation_id, "extend"), body, idempotency_key)

    @contextmanager
    def tokens(self, feature: str, units: Units = 1, *, lifetime_seconds: int = 60) -> Iterator[Held]:
        """Holds tokens while the block runs, and charges what was held, or ``held.tokens``, when it ends well.

        When the block raises, everything is let go. The reservation is extended for as long as the block runs, up to
        ``longest_work_seconds``; when this process dies, the tokens come back after ``lifetime_seconds``, 3 to 86400.
        """
        answer = self.reserve(feature, units, lifetime_seconds=lifetime_seconds)
        held = Held(answer["reservationId"], answer["tokenType"], answer["amount"], answer["expiresAt"])
        ended = threading.Event()
        keeper = threading.Thread(target=self._keep, args=(held.reservation_id, lifetime_seconds, ended), daemon=True)
        keeper.start()
        try:
            try:
                yield held
            except BaseException:
                self._let_go(held)
                raise
            self._settle(held)
        finally:
            ended.set()

    def with_tokens(
        self, feature: str, work: Callable[[Held], Value], units: Units = 1, *, lifetime_seconds: int = 60
    ) -> Value:
        """The same for a function, whose value is returned."""
        with self.tokens(feature, units, lifetime_seconds=lifetime_seconds) as held:
            return work(held)

    def with_tokens_or_skip(
        self, feature: str, work: Callable[[Held], Value], units: Units = 1, *, lifetime_seconds: int = 60
    ) -> Union[Value, Skipped]:
        """The same for batch jobs: a refusal skips the work instead of raising."""
        began = False

        def begin(held: Held) -> Value:
            nonlocal began
            began = True
            return work(held)

        try:
            return self.with_tokens(feature, begin, units, lifetime_seconds=lifetime_seconds)
        except RefusedError as refusal:
            # One that came from the work, or after it, is no skip.
            if began:
                raise
            return Skipped(refusal)

    def lease(
        self, feature: str, units: int, *, spend_seconds: float = 60.0, settle_seconds: float = 3600.0
    ) -> OfflineLease:
        """Tokens taken ahead, to be spent without asking: see ``OfflineLease``."""
        return OfflineLease(self, feature, units, spend_seconds=spend_seconds, settle_seconds=settle_seconds)

    def _keep(self, reservation_id: str, lifetime_seconds: int, ended: threading.Event) -> None:
        # What never ends does not hold tokens for ever.
        end = time.monotonic() + self._longest_work_seconds
        while not ended.wait(lifetime_seconds / 3) and time.monotonic() < end:
            try:
                self.extend(reservation_id, lifetime_seconds)
            except (UnavailableError, NotReachedError):
                continue
            except TollgateError:
                return

    def _let_go(self, held: Held) -> None:
        try:
            self.release(held.reservation_id)
        except TollgateError:
            # What cannot be let go comes back by itself.
            pass

    def _settle(self, held: Held) -> None:
        if held.tokens == 0 and held.amount > 0:
            self._let_go(held)
            return
        try:
            self.capture(held.reservation_id, held.tokens)
        except InsufficientTokensError:
            # What was held is charged when there is not as much as the work took.
            self.capture(held.reservation_id)
            raise

    def _change(self, path: str, body: Answer, idempotency_key: Optional[str]) -> Answer:
        key = str(uuid.uuid4()) if idempotency_key is None else idempotency_key
        if not re.fullmatch("[ -~]{1,255}", key):
            raise RejectedError("An Idempotency-Key is 1 to 255 printable ASCII characters.")
        return self._send("POST", path, body, key)

    def _send(
        self, method: str, path: str, body: Optional[Answer] = None, idempotency_key: Optional[str] = None
    ) -> Answer:
        began = time.monotonic()
        attempts = 0
        while True:
            attempts += 1
            end = time.monotonic() + self._request_seconds
            if self._deadline_seconds > 0:
                end = min(end, max(began + self._deadline_seconds, time.monotonic() + 0.1))
            try:
                return self._attempt(method, path, body, idempotency_key, end)
            except (NotReachedError, UnavailableError) as error:
                if error.status is not None and error.status not in _OUTAGES:
                    raise
                full = min(0.1 * 2 ** min(attempts - 1, 20), 5.0)
                # Clients that failed together come back apart.
                delay = max(
                    full * random.uniform(0.5, 1), (error.retry_after_seconds or 0) + full * random.uniform(0, 0.5))
                if time.monotonic() - began + delay >= self._deadline_seconds:
                    raise
            time.sleep(delay)

    def _attempt(
        self, method: str, path: str, body: Optional[Answer], idempotency_key: Optional[str], end: float
    ) -> Answer:
        headers = {"Authorization": f"Bearer {self._credential}", "User-Agent": "tollgate-python"}
        content = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            content = json.dumps({name: value for name, value in body.items() if value is not None}).encode()
        if idempotency_key is not None:
            headers["Idempotency-Key"] = idempotency_key
        connection = self._connection(end)
        try:
            connection.connect()
            connection.sock.settimeout(_left(end))
            connection.request(method, self._path + path, content, headers)
            with http.client.HTTPResponse(_Until(connection.sock, end), method=method) as response:
                response.begin()
                text = response.read(_LONGEST_ANSWER_BYTES)
        except ssl.SSLCertVerificationError as error:
            raise RejectedError("The server's certificate is not trusted.") from error
        except (OSError, http.client.HTTPException) as error:
            raise NotReachedError("Nobody answered.") from error
        finally:
            connection.close()
        value = _parsed(text)
        if 200 <= response.status < 300:
            if value is None:
                raise RejectedError("The answer is not one of Tollgate's.", status=response.status)
            return value
        raise _error(response.status, value or {}, response.headers.get("Retry-After"))

    def _connection(self, end: float) -> http.client.HTTPConnection:
        if self._tls is None:
            return http.client.HTTPConnection(self._host, self._port, timeout=_left(end))
        return http.client.HTTPSConnection(self._host, self._port, timeout=_left(end), context=self._tls)


class _Until(io.RawIOBase):
    """Reads from a socket until a moment, however small the pieces are in which it comes."""

    def __init__(self, source: socket.socket, end: float) -> None:
        super().__init__()
        self._source = source
        self._end = end
        self._pieces = source.makefile("rb", buffering=0)

    def makefile(self, _mode: str) -> io.BufferedReader:
        """What an HTTPResponse asks its socket for."""
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> Optional[int]:
        self._source.settimeout(_left(self._end))
        return self._pieces.readinto(buffer)

    def close(self) -> None:
        self._pieces.close()
        super().close()


@dataclass
class _Slice:
    reservation_id: str
    tokens_per_unit: int
    units: int
    spend_until: float
    spent_units: int = 0


class OfflineLease:
    """Tokens taken ahead, to be spent without asking: also while Tollgate is away. Safe to use from many threads.

    Never more is spent than was reserved, and not for longer than ``spend_seconds`` from the moment at which it was
    asked for. ``settle()`` or the next ``renew()`` charges what was spent, and has to reach Tollgate within
    ``settle_seconds`` after that: then the reservation expires, and what was spent of it was free (``lost_tokens``). So
    it is when the program dies.
    """

    def __init__(
        self, client: Tollgate, feature: str, units: int, *, spend_seconds: float = 60.0,
        settle_seconds: float = 3600.0,
    ) -> None:
        self._client = client
        self._feature = feature
        self._units = units
        self._spend_seconds = spend_seconds
        self._lifetime_seconds = math.ceil(spend_seconds + settle_seconds)
        self._current: Optional[_Slice] = None
        self._unsettled: List[_Slice] = []
        # For what is spent; and for what asks Tollgate, during which spending goes on.
        self._spending = threading.Lock()
        self._asking = threading.Lock()
        #: Tokens that were spent and could not be charged: their reservation had expired, or Tollgate refused for good.
        self.lost_tokens = 0

    @property
    def remaining_units(self) -> int:
        """How many units may be spent at this moment."""
        with self._spending:
            return self._remaining()

    def _remaining(self) -> int:
        current = self._current
        if current is None or time.monotonic() >= current.spend_until:
            return 0
        return current.units - current.spent_units

    def spend(self, units: int = 1) -> None:
        """Spends units without asking anybody.

        :raises LeaseError: fewer are left, or the time is over; nothing was spent.
        """
        with self._spending:
            if type(units) is not int or self._current is None or not 0 <= units <= self._remaining():
                raise LeaseError(f"The lease has {self._remaining()} units left.")
            self._current.spent_units += units

    def renew(self) -> None:
        """Takes the next lease ahead, and settles the one before, which can be spent from meanwhile."""
        with self._asking:
            spend_until = time.monotonic() + self._spend_seconds
            held = self._client.reserve(self._feature, self._units, lifetime_seconds=self._lifetime_seconds)
            next_slice = _Slice(
                held["reservationId"], held["amount"] // self._units, self._units, spend_until)
            self._replace(next_slice)
            self._settle_former()

    def settle(self) -> None:
        """Charges what was spent and lets the rest go. What could not be settled is kept for the next call."""
        with self._asking:
            self._replace(None)
            self._settle_former()

    def _replace(self, current: Optional[_Slice]) -> None:
        with self._spending:
            if self._current is not None:
                self._unsettled.append(self._current)
            self._current = current

    def _settle_former(self) -> None:
        while self._unsettled:
            former = self._unsettled[0]
            tokens = former.spent_units * former.tokens_per_unit
            key = f"lease-{former.reservation_id}"
            try:
                if former.spent_units > 0:
                    self._client.capture(former.reservation_id, tokens, idempotency_key=key)
                else:
                    self._client.release(former.reservation_id, idempotency_key=key)
            except (ConflictError, NotFoundError, RejectedError) as error:
                # Nothing would settle it later either, and those behind it wait. Without a status it was not Tollgate.
                if error.status is None or error.status < 400:
                    raise
                self.lost_tokens += tokens
            self._unsettled.pop(0)


def _left(end: float) -> float:
    """Seconds until a moment."""
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError("The time is over.")
    return left


def _step(reservation_id: str, step: str) -> str:
    return f"/api/v1/reservations/{_escaped(reservation_id)}/{step}"


def _escaped(text: str) -> str:
    return urllib.parse.quote(text, safe="")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _parsed(text: bytes) -> Optional[Answer]:
    """An object; None where the text is none."""
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
