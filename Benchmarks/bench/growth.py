"""`make bench-growth`: the same load with more and more organizations and rows behind them."""

import contextlib
import dataclasses
import datetime
import re
import signal
import statistics
import sys
from pathlib import Path

from . import generators, loading, machine, requests, settings
from .report import table
from .system import System

CONNECTIONS = 64
PICKS = ("spread", "hot")
MEASURES = ("rate", "p99")
# Percent that rate and p99 may be worse at any size than at the smallest.
TOLERANCE_PERCENT = 20


@dataclasses.dataclass
class Place:
    """A cluster with so many organizations and rows, frozen but for while it is looked at."""
    organizations: int
    rows: int
    system: System
    targets: Path
    load_seconds: float

    @contextlib.contextmanager
    def awake(self):
        self.system.thaw()
        try:
            yield self.system
        finally:
            self.system.freeze()

    def deduct(self, pick, seconds=None):
        with self.awake() as system:
            system.settle_down()
            return generators.wrk(system.url, self.targets, "deduct", pick, CONNECTIONS, seconds)


@dataclasses.dataclass
class Comparison:
    """A size beside the smallest one: the loads of their rounds by pick, which took turns."""
    organizations: int
    rows: int
    load_seconds: float
    smallest: dict
    loads: dict
    verified: str

    def change(self, pick, measure):
        """Percent, the median of the rounds."""
        pairs = zip(self.loads[pick], self.smallest[pick], strict=True)
        return 100 * (statistics.median(getattr(load, measure) / getattr(before, measure) for load, before in pairs) - 1)


def is_worse(change, measure):
    return change < -TOLERANCE_PERCENT if measure == "rate" else change > TOLERANCE_PERCENT


def sizes():
    found = [re.fullmatch(r"(\d+):(\d+)", word) for word in settings.GROWTH_SIZES.split()]
    if len(found) < 2 or any(match is None or int(match[1]) < 1 for match in found):
        sys.exit("GROWTH_SIZES has to be like '1000:0 100000:10000000': organizations:ledger rows, the smallest first")
    return [(int(match[1]), int(match[2])) for match in found]


@contextlib.contextmanager
def loaded(organizations, rows):
    """Loads a cluster of its own."""
    with System() as system:
        # PostgreSQL's own advice for a server with this much data: a quarter of the memory.
        system.sql(f"ALTER SYSTEM SET shared_buffers = '{machine.total_memory_megabytes() // 4}MB'")
        loading.restart(system)
        print(f"{organizations:,} organizations, {rows:,} rows: loading", file=sys.stderr)
        seconds = loading.load(system, organizations, rows)
        targets = system.directory / "targets"
        requests.write_targets(targets, system.secret, organizations)
        system.freeze()
        yield Place(organizations, rows, system, targets, seconds)


def compare(place, smallest):
    """Both in turn: what a machine does now and did an hour ago differs by more than what is looked for."""
    loads = {pick: ([], []) for pick in PICKS}
    for pick in PICKS:
        for each in (smallest, place):
            each.deduct(pick, min(5, settings.ROUND_SECONDS))
    for _ in range(settings.ROUNDS):
        for pick in PICKS:
            for each, kept in zip((smallest, place), loads[pick]):
                kept.append(each.deduct(pick))
    verified = "left out"
    if place.rows <= settings.VERIFY_LIMIT_ROWS:
        with place.awake() as system:
            verified = "**violated**: " + "; ".join(violations[:3]) if (violations := system.verify()) else "holds"
    comparison = Comparison(
        place.organizations, place.rows, place.load_seconds, {pick: loads[pick][0] for pick in PICKS},
        {pick: loads[pick][1] for pick in PICKS}, verified)
    changes = ", ".join(
        f"{pick} {measure} {comparison.change(pick, measure):+.1f} %" for pick in PICKS for measure in MEASURES)
    print(f"  loaded in {place.load_seconds:.0f} s; {changes}; verify: {verified}", file=sys.stderr)
    return comparison


def run():
    busy = machine.busy_cores()
    first, *others = sizes()
    with loaded(*first) as smallest:
        comparisons = []
        for organizations, rows in others:
            with loaded(organizations, rows) as place:
                comparisons.append(compare(place, smallest))
        with smallest.awake() as system:
            facts = machine.facts(system.directory) | system.facts()
            violations = system.verify()
    path = write(first, comparisons, violations, facts, busy)
    print(path.read_text())
    return 1 if violations or any(size.verified.startswith("**") for size in comparisons) else 0


def write(first, comparisons, violations, facts, busy):
    today = datetime.date.today().isoformat()
    rows = []
    for size in comparisons:
        cells = [f"{size.organizations:,}", f"{size.rows:,}"]
        for pick in PICKS:
            for measure in MEASURES:
                digits = 0 if measure == "rate" else 2
                figures = [
                    f"{statistics.median(getattr(load, measure) for load in loads[pick]):,.{digits}f}"
                    for loads in (size.smallest, size.loads)]
                mark = "**" if is_worse(size.change(pick, measure), measure) else ""
                cells.append(f"{' → '.join(figures)} ({mark}{size.change(pick, measure):+.1f} %{mark})")
        rows.append((*cells, f"{size.load_seconds:.0f}", size.verified))
    lines = [f"# Growth, measured on {today}", ""]
    if settings.QUICK:
        lines += ["**QUICK: a try of the scripts. These figures say nothing.**", ""]
    lines += [
        f"By `make bench-growth`: deductions over {CONNECTIONS} connections. Each size has a cluster of its own, with a"
        " quarter of the memory as shared_buffers and otherwise stock settings. It is measured in turn with the smallest"
        f" one, {first[0]:,} organizations with {first[1]:,} rows, in {settings.ROUNDS} rounds of"
        f" {settings.ROUND_SECONDS} s; while one is measured the other is frozen, all its processes stopped. Medians of the"
        " rounds: the smallest → this size, and how much worse or better this one was than the other beside it. Of more"
        f" than {requests.TARGETS_LIMIT:,} organizations as many, evenly chosen, are asked for. What of the rows is not rolled"
        " up yet is rolled up meanwhile.", "",
        *table(("organizations", "ledger rows", "spread /s", "spread p99 ms", "hot /s", "hot p99 ms", "loading s",
                "verify"), rows), "",
        f"Bold: worse by more than {TOLERANCE_PERCENT} %. `tollgate verify` of the smallest, after all of it: "
        + ("**violated**: " + "; ".join(violations[:3]) if violations else "holds") + ".", "",
        machine.busy_line(busy),
        *[f"- {name}: {value}" for name, value in facts.items()]]
    settings.RESULTS.mkdir(parents=True, exist_ok=True)
    path = settings.RESULTS / f"{today}-growth.md"
    path.write_text("\n".join(lines) + "\n")
    return path


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(run())
