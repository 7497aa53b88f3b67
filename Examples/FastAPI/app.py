"""An app whose route costs what ``surprise_me`` costs, of whoever calls it. Reads TOLLGATE_URL."""

import os
import re
from typing import Callable, Iterator

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from tollgate import Held, Tollgate, TollgateError

TOLLGATE_URL = os.environ.get("TOLLGATE_URL", "http://127.0.0.1:8080")
DEADLINE_SECONDS = float(os.environ.get("TOLLGATE_DEADLINE_SECONDS", "30"))
app = FastAPI()


def tokens(feature: str, units: int = 1) -> Callable[[Request], Iterator[Held]]:
    """A dependency: tokens are held before the route runs, charged when it has ended well, and let go when it raises."""

    def hold(request: Request) -> Iterator[Held]:
        bearer = re.fullmatch("bearer +([!-~]+)", request.headers.get("Authorization", ""), re.IGNORECASE)
        if bearer is None:
            raise HTTPException(401, "A bearer token is needed.", {"WWW-Authenticate": "Bearer"})
        tollgate = Tollgate(TOLLGATE_URL, bearer[1], deadline_seconds=DEADLINE_SECONDS)
        with tollgate.tokens(feature, units) as held:
            yield held

    return hold


@app.exception_handler(TollgateError)
def refused(_: Request, error: TollgateError) -> JSONResponse:
    """A refusal goes to the client as it is; what is no client's fault is 503."""
    headers = {} if error.retry_after_seconds is None else {"Retry-After": str(error.retry_after_seconds)}
    if error.status is not None and 400 <= error.status < 500:
        return JSONResponse(error.problem, error.status, headers, "application/problem+json")
    problem = {"status": 503, "code": "unavailable", "detail": "Tokens cannot be spent at the moment."}
    return JSONResponse(problem, 503, headers, "application/problem+json")


@app.get("/surprise")
def surprise(held: Held = Depends(tokens("surprise_me"))) -> dict:
    return {"surprise": "a niche that nobody has heard of", "tokens": held.amount}


@app.get("/cheap")
def cheap(held: Held = Depends(tokens("surprise_me"))) -> dict:
    # It took less than was held; the rest is let go.
    held.tokens = 20
    return {"tokens": held.tokens}


@app.get("/missing")
def missing(_: Held = Depends(tokens("surprise_me"))) -> dict:
    raise HTTPException(404, "There is none.")


@app.get("/broken")
def broken(_: Held = Depends(tokens("surprise_me"))) -> dict:
    raise RuntimeError("broken")


@app.get("/job")
def job(_: Held = Depends(tokens("auto_sourcing_job"))) -> dict:
    return {}
