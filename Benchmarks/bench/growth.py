"""`make bench-growth`: the same load with more and more organizations and rows behind them."""

import dataclasses
import datetime
import re
import signal
import statistics
import sys

from . import generators, loading, machine, requests, settings
from .report import table
from .system import System

CONNECTIONS = 64
PICKS = ("spread", "hot")
# Percent that rate and p99 may be worse at any size than at the smallest.
TOLERANCE_PERCENT = 20


@dataclasses.dataclass
class Point:
    organizations: int
    rows: int
    load_seconds: float
    # By pick: the medians.
    rate: dict
    p99: dict
    verified: str


def sizes():
    found = [re.fullmatch(r"(\d+):(\d+)", word) for word in settings.GROWTH_SIZES.split()]
    if not found or any(match is None or int(match[1]) < 1 for match in found):
        sys.exit("GROWTH_SIZES has to be like '1000:0 100000:10000000': organizations:ledger rows, the smallest first")
    return [(int(match[1]), int(match[2])) for match in found]


def measure(organizations, rows):
    """Loads a cluster of its own and measures there."""
    with System() as system:
        # PostgreSQL's own advice for a server with this much data: a quarter of the memory.
        system.sql(f"ALTER SYSTEM SET shared_buffers = '{machine.total_memory_megabytes() // 4}MB'")
        loading.restart(system)
        print(f"{organizations:,} organizations, {rows:,} rows: loading", file=sys.stderr)
        seconds = loading.load(system, organizations, rows)
        targets = system.directory / "targets"
        requests.write_targets(targets, system.secret, organizations)
        loads = {pick: [] for pick in PICKS}
        for pick in PICKS:
            generators.wrk(system.url, targets, "deduct", pick, CONNECTIONS, seconds=min(5, settings.ROUND_SECONDS))
        for _ in range(settings.ROUNDS):
            for pick in PICKS:
                system.settle_down()
                loads[pick].append(generators.wrk(system.url, targets, "deduct", pick, CONNECTIONS))
        verified = "left out"
        if rows <= settings.VERIFY_LIMIT_ROWS:
            verified = "**violated**: " + "; ".join(violations[:3]) if (violations := system.verify()) else "holds"
        facts = machine.facts(system.directory) | system.facts()
    point = Point(
        organizations, rows, seconds,
        {pick: statistics.median(load.rate for load in loads[pick]) for pick in PICKS},
        {pick: statistics.median(load.p99 for load in loads[pick]) for pick in PICKS}, verified)
    print(f"  loaded in {seconds:.0f} s; spread {point.rate['spread']:,.0f} /s, p99 {point.p99['spread']:.2f} ms;"
          f" verify: {verified}", file=sys.stderr)
    return point, facts


def run():
    busy = machine.busy_cores()
    points = []
    # The smallest once more at the end: what differs between its two is the machine, not the size.
    for organizations, rows in [*sizes(), sizes()[0]]:
        point, facts = measure(organizations, rows)
        points.append(point)
    path = write(points, facts, busy)
    print(path.read_text())
    return 1 if any(point.verified.startswith("**") for point in points) else 0


def write(points, facts, busy):
    today = datetime.date.today().isoformat()
    rows = []
    for index, point in enumerate(points):
        cells = [f"{point.organizations:,}", f"{point.rows:,}" + (" (again)" if index == len(points) - 1 else "")]
        for pick in PICKS:
            cells += [f"{point.rate[pick]:,.0f}", f"{point.p99[pick]:.2f}"]
        rows.append((*cells, f"{point.load_seconds:.0f}", point.verified))
    lines = [f"# Growth, measured on {today}", ""]
    if settings.QUICK:
        lines += ["**QUICK: a try of the scripts. These figures say nothing.**", ""]
    lines += [
        f"By `make bench-growth`: deductions over {CONNECTIONS} connections, medians of {settings.ROUNDS} rounds of"
        f" {settings.ROUND_SECONDS} s, each size in a cluster of its own, with a quarter of the memory as shared_buffers and"
        f" otherwise stock settings. Of more than {requests.TARGETS_LIMIT:,}"
        " organizations as many, evenly chosen, are asked for.", "",
        *table(("organizations", "ledger rows", "spread /s", "spread p99 ms", "hot /s", "hot p99 ms", "loading s",
                "verify"), rows), ""]
    smallest, largest = points[0], points[-2]
    for pick in PICKS:
        for label, change in (
            ("rate", 100 * (largest.rate[pick] / smallest.rate[pick] - 1)),
            ("p99", 100 * (largest.p99[pick] / smallest.p99[pick] - 1)),
        ):
            is_worse = change < -TOLERANCE_PERCENT if label == "rate" else change > TOLERANCE_PERCENT
            drift = 100 * (getattr(points[-1], label)[pick] / getattr(smallest, label)[pick] - 1)
            lines.append(
                f"- {pick}, {label}, from the first size to the last: {change:+.1f} %,"
                f" {'**not within**' if is_worse else 'within'} {TOLERANCE_PERCENT} %; the first size measured again at"
                f" the end: {drift:+.1f} %")
    lines += [
        machine.busy_line(busy),
        *[f"- {name}: {value}" for name, value in facts.items()]]
    settings.RESULTS.mkdir(parents=True, exist_ok=True)
    path = settings.RESULTS / f"{today}-growth.md"
    path.write_text("\n".join(lines) + "\n")
    return path


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(run())
