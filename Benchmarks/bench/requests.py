"""The requests that load generators send: whom for, and with which token."""

import base64
import hashlib
import hmac
import json
import time
import uuid

from . import settings

TOKEN_SECONDS = 86_400
# More organizations than these are not given a token each: what wrk keeps ready has to stay in its memory.
TARGETS_LIMIT = 100_000


def organization(n):
    """The id of organization n, as Benchmarks/sql/load.sql makes it."""
    return str(uuid.UUID(hashlib.md5(str(n).encode()).hexdigest()))


def user(n):
    return str(uuid.UUID(hashlib.md5(f"user{n}".encode()).hexdigest()))


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def newcomer(n):
    """A user beside those, as `bench.overload` makes them."""
    return str(uuid.UUID(hashlib.md5(f"newcomer{n}".encode()).hexdigest()))


def token(secret, n, now=None):
    """A JSON web token of organization n's user."""
    return token_of(secret, user(n), now)


def token_of(secret, subject, now=None):
    """A JSON web token of a user (RFC 7515, HS256)."""
    now = int(now or time.time())
    header = encoded(b'{"alg":"HS256","typ":"JWT"}')
    claims = {"sub": subject, "role": "authenticated", "aud": "authenticated", "iat": now, "exp": now + TOKEN_SECONDS}
    signed = header + "." + encoded(json.dumps(claims, separators=(",", ":")).encode())
    return signed + "." + encoded(hmac.new(secret, signed.encode(), hashlib.sha256).digest())


def write_targets(path, secret, organizations):
    """A line per organization for requests.lua; evenly chosen ones when there are too many."""
    count = min(organizations, TARGETS_LIMIT)
    with open(path, "w") as file:
        for index in range(count):
            n = index * organizations // count + 1
            file.write(f"{organization(n)} {token(secret, n)}\n")
    path.chmod(0o600)


def deduct(secret, host, n, key):
    """One whole deduct request as bytes, the same as requests.lua makes."""
    return post_deduct(host, token(secret, n), {"organizationId": organization(n)}, key)


def first_deduct(secret, host, n, key):
    """The same of newcomer n, who names no organization."""
    return post_deduct(host, token_of(secret, newcomer(n)), {}, key)


def get(host, target, bearer=None):
    """A whole request to read, as bytes."""
    authorization = f"Authorization: Bearer {bearer}\r\n" if bearer else ""
    return f"GET {target} HTTP/1.1\r\nHost: {host}\r\n{authorization}\r\n".encode()


def post_deduct(host, bearer, members, key):
    body = json.dumps(members | {"featureUsed": settings.FEATURE}, separators=(",", ":")).encode()
    return (
        f"POST /api/v1/tokens/deduct HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {bearer}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nIdempotency-Key: {key}\r\n\r\n"
    ).encode() + body
