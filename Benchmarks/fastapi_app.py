"""The same request as one would otherwise write it: FastAPI and asyncpg, one transaction for each deduction.

FUNCTION chooses what it calls: `plain` (bench.deduct, trusted with the price) or `tollgate` (tollgate.deduct).
libpq's variables name the database, JWT_SECRET_FILE the key of the tokens, CONNECTIONS the size of the pool. With
RESET=no a connection goes back to the pool without the pool's usual statement that resets its session.
"""

import os
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated
from uuid import UUID

import asyncpg
import jwt
from fastapi import FastAPI, Header, HTTPException
from pydantic import BaseModel, ConfigDict

SECRET = Path(os.environ["JWT_SECRET_FILE"]).read_bytes()
CONNECTIONS = int(os.environ["CONNECTIONS"])
# feature: (token type, tokens)
PRICES = {"generate_insight": ("general", 1)}
STATEMENTS = {
    "plain": "SELECT * FROM bench.deduct($1, $2, $3, $4, $5, $6)",
    "tollgate": "SELECT * FROM tollgate.deduct($1, $2, $3, $4, $5)",
}
FUNCTION = os.environ["FUNCTION"]
STATEMENT = STATEMENTS[FUNCTION]


async def keep_session(connection):
    """Nothing that needs a reset: the functions' settings end with their transactions."""


RESET = keep_session if os.environ["RESET"] == "no" else None


class Deduction(BaseModel):
    model_config = ConfigDict(extra="forbid")
    organizationId: UUID
    featureUsed: str
    units: int = 1


@asynccontextmanager
async def lifespan(app):
    async with asyncpg.create_pool(
        min_size=CONNECTIONS, max_size=CONNECTIONS, reset=RESET, server_settings={"application_name": "fastapi"}
    ) as pool:
        app.state.pool = pool
        yield


app = FastAPI(lifespan=lifespan)


@app.post("/api/v1/tokens/deduct")
async def deduct(
    asked: Deduction, authorization: Annotated[str, Header()], idempotency_key: Annotated[str, Header()]
):
    try:
        claims = jwt.decode(
            authorization.removeprefix("Bearer "), SECRET, algorithms=["HS256"], audience="authenticated")
    except jwt.InvalidTokenError:
        raise HTTPException(401) from None
    price = PRICES.get(asked.featureUsed)
    if price is None:
        raise HTTPException(422, "unknown_feature")
    token_type, cost = price
    user_id = UUID(claims["sub"])
    if FUNCTION == "plain":
        arguments = (asked.organizationId, user_id, token_type, asked.featureUsed, cost * asked.units, idempotency_key)
    else:
        arguments = (asked.organizationId, user_id, asked.featureUsed, asked.units, idempotency_key)
    async with app.state.pool.acquire() as connection:
        row = await connection.fetchrow(STATEMENT, *arguments)
    if row["status"] == "insufficient_tokens":
        raise HTTPException(402, "insufficient_tokens")
    return {
        "transactionId": row["transaction_id"],
        "status": "success",
        "organizationId": asked.organizationId,
        "tokenType": token_type,
        "featureUsed": asked.featureUsed,
        "cost": cost * asked.units,
        "balanceAfter": row["balance_after"],
    }
