"""What the environment sets. Every setting has a default, which is what results are published with."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
WORK = ROOT / ".build" / "bench"
PYTHON = WORK / "python" / "bin" / "python"


def integer(name, default):
    """A positive integer from the environment."""
    text = os.environ.get(name, "")
    if not text:
        return default
    if not text.isdecimal() or int(text) < 1:
        sys.exit(f"{name} has to be a positive integer")
    return int(text)


def flag(name):
    return os.environ.get(name, "") not in ("", "0")


# One round of 3 s: for trying the scripts. What it writes stays in .build/bench and is never published.
QUICK = flag("QUICK")
ROUNDS = integer("ROUNDS", 1 if QUICK else 3)
ROUND_SECONDS = integer("ROUND_SECONDS", 3 if QUICK else 10)
ORGANIZATIONS = integer("ORGANIZATIONS", 10_000)

# The same two for `make bench-compare`, whose question is a small difference: more rounds, shorter ones.
COMPARE_ROUNDS = integer("ROUNDS", 2 if QUICK else 5)
COMPARE_ROUND_SECONDS = integer("ROUND_SECONDS", 2 if QUICK else 6)
# And for `make overload`: how long an answer takes changes every few seconds without any load, and is not what is asked.
OVERLOAD_ROUNDS = integer("ROUNDS", 1 if QUICK else 10)
OVERLOAD_ROUND_SECONDS = integer("ROUND_SECONDS", 3 if QUICK else 5)
# The checked-out tree of the revision that this one is compared with; Benchmarks/run sets it, and builds there.
BASELINE_TREE = os.environ.get("BASELINE_TREE", "")
# Clusters go below this directory, which has to be on a real disk. /tmp may be memory; /var/tmp is not.
DATA_PARENT = Path(os.environ.get("BENCH_DATA") or "/var/tmp")

SOAK_SECONDS = integer("SOAK_SECONDS", 60 if QUICK else 600)
SOAK_SLICE_SECONDS = integer("SOAK_SLICE_SECONDS", 10 if QUICK else 30)

# organizations:ledger rows
GROWTH_SIZES = os.environ.get("GROWTH_SIZES") or (
    "1000:0 10000:100000" if QUICK else
    "1000:0 100000:0 1000000:0 100000:10000000 100000:50000000 1000000:50000000"
)
# organizations:ledger rows of `make bench-analytics`
ANALYTICS_SIZE = os.environ.get("ANALYTICS_SIZE") or ("100:100000" if QUICK else "10000:50000000")
# `tollgate verify` sorts the whole ledger: beyond this many rows growth leaves it out, and says so.
VERIFY_LIMIT_ROWS = integer("VERIFY_LIMIT_ROWS", 10_000_000)

RESULTS = WORK / "results" if QUICK else ROOT / "Benchmarks" / "results"

# Tokens of each type that a loaded organization was allocated.
TOKENS = 1_000_000_000_000
FEATURE = "generate_insight"
TOKEN_TYPE = "general"
COST = 1
# How much likelier lower numbers are in the Zipf distribution, for pgbench and wrk alike.
ZIPF_EXPONENT = 1.1
