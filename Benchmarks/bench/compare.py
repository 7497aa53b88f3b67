"""`make bench-compare`: deductions by this tree's server and by another revision's, in turn."""

import contextlib
import dataclasses
import datetime
import signal
import statistics
import sys
import time
from pathlib import Path

from . import generators, loading, machine, requests, settings
from .report import table
from .system import System
from .variants import Measurement, Variant

VARIANTS = [Variant("Tollgate, deduct", pick, connections, "http", "deduct")
            for pick in ("spread", "hot") for connections in (64, 256)]
# What is compared of a sample, and how it is written.
FIGURES = {
    "per second": (lambda sample: sample.load.rate, ",.0f"),
    "p99 ms": (lambda sample: sample.load.p99, ".2f"),
    "CPU µs": (lambda sample: (sample.server_cpu + sample.database_cpu) * 1e6 / sample.load.count, ".1f"),
}


@dataclasses.dataclass
class Side:
    """One of the two revisions: its loaded system and what was measured of it, by variant."""

    revision: str
    measurement: Measurement
    samples: dict

    def cpu_seconds(self):
        """CPU that its server and its PostgreSQL have used."""
        return sum(self.measurement.cpu(self.measurement.system.process.pid))


def prepare(system):
    loading.load(system, settings.ORGANIZATIONS)
    measurement = Measurement(system, settings.COMPARE_ROUND_SECONDS)
    requests.write_targets(measurement.targets, system.secret, settings.ORGANIZATIONS)
    # The first load after loading is slower than any other, and would always be the old one's.
    for pick in ("spread", "hot"):
        generators.wrk(system.url, measurement.targets, "deduct", pick, 64, settings.COMPARE_ROUND_SECONDS)
    return Side(machine.revision(system.tree), measurement, {variant: [] for variant in VARIANTS})


def measure(side, idle, variant):
    """Measures one side while the other has nothing to do; returns the share of a core that the other used."""
    idle.measurement.system.settle_down()
    used, started = idle.cpu_seconds(), time.monotonic()
    sample = side.measurement.measure(variant)
    side.samples[variant].append(sample)
    print(f"  {variant.pick}, {variant.clients} connections, {side.revision}: "
          + ", ".join(f"{value(sample):{form}} {name}" for name, (value, form) in FIGURES.items()), file=sys.stderr)
    return (idle.cpu_seconds() - used) / (time.monotonic() - started)


def run():
    if not settings.BASELINE_TREE:
        sys.exit("start it as: make bench-compare BASELINE=<git revision>")
    busy = machine.busy_cores()
    idle_shares = []
    with contextlib.ExitStack() as stack:
        old, new = (prepare(stack.enter_context(System(tree)))
                    for tree in (Path(settings.BASELINE_TREE), settings.ROOT))
        for round_number in range(1, settings.COMPARE_ROUNDS + 1):
            print(f"round {round_number} of {settings.COMPARE_ROUNDS}", file=sys.stderr)
            for variant in VARIANTS:
                idle_shares += [measure(old, new, variant), measure(new, old, variant)]
        violations = [f"{side.revision}: {line}"
                      for side in (old, new) for line in side.measurement.system.verify()]
        system = new.measurement.system
        facts = machine.facts(system.directory) | system.facts()
    path = write(old, new, max(idle_shares), violations, facts, busy)
    print(path.read_text())
    return 1 if violations else 0


def ratio(old, new, variant, value):
    """new / old, the median of the rounds, and how far the rounds lie apart."""
    ratios = [value(after) / value(before)
              for before, after in zip(old.samples[variant], new.samples[variant], strict=True)]
    return f"**{statistics.median(ratios):.2f}** ({min(ratios):.2f} to {max(ratios):.2f})"


def rows(old, new):
    found = []
    for variant in VARIANTS:
        row = [variant.pick, variant.clients]
        for value, form in FIGURES.values():
            row += [f"{statistics.median(map(value, side.samples[variant])):{form}}" for side in (old, new)]
            row.append(ratio(old, new, variant, value))
        found.append(row)
    return found


def write(old, new, idle_share, violations, facts, busy):
    today = datetime.date.today().isoformat()
    lines = [f"# {new.revision} against {old.revision}, measured on {today}", ""]
    if settings.QUICK:
        lines += ["**QUICK: a try of the scripts. These figures say nothing.**", ""]
    lines += [
        f"By `make bench-compare`: deductions, old and new in turn, {settings.COMPARE_ROUNDS} rounds of"
        f" {settings.COMPARE_ROUND_SECONDS} s, each on a cluster of its own with the same"
        f" {settings.ORGANIZATIONS:,} organizations. Figures are medians of the rounds; a ratio is new / old, the median"
        " of the rounds' ratios, and in parentheses the lowest and the highest of them. CPU is the server's and"
        " PostgreSQL's for each deduction.",
        "Every answer was a success, and each deduction that was answered was found in the database.", "",
        *table(("balances", "connections",
                *(heading for name in FIGURES for heading in (f"{name}, old", f"{name}, new", "new / old"))),
               rows(old, new)), "",
        f"- old: {old.revision}; new: {new.revision}",
        f"- while one was measured, the other one's server and PostgreSQL used at most {100 * idle_share:.1f} % of a core",
        f"- `tollgate verify` of both at the end: {'nothing violated' if not violations else '**violated**'}",
        machine.busy_line(busy),
        *[f"- {name}: {value}" for name, value in facts.items() if name != "Revision"],
        *[f"- violation: {line}" for line in violations[:50]]]
    settings.RESULTS.mkdir(parents=True, exist_ok=True)
    path = settings.RESULTS / f"{today}-compare.md"
    path.write_text("\n".join(lines) + "\n")
    return path


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(run())
