"""`make overload`: what flooding tenants, idle and slow connections do to the others' answers."""

import contextlib
import dataclasses
import datetime
import itertools
import json
import os
import signal
import subprocess
import sys
import urllib.parse

from . import loading, machine, requests, settings
from .generators import percentile
from .report import table
from .system import System

# The flooding tenant is organization 1; the probe's are others.
FLOODER, FIRST_PROBED = 1, 2
FLOOD_CONNECTIONS = 256
IDLE_CONNECTIONS = 1_000 if settings.QUICK else 10_000
SLOW_CONNECTIONS = 100 if settings.QUICK else 1_000
# What the flooding tenant's reports add up, and users who deduct for the first time meanwhile.
REPORT_HOURS, REPORT_USERS = 24, 3_000
NEWCOMERS_PER_SECOND = 34
RATE_NAME, RATE = "TOLLGATE_RATE_LIMIT_PER_ORGANIZATION", "500/s burst 1000"
LARGEST_RATIO = 2.0
GRACE_SECONDS = 60


@dataclasses.dataclass
class Probe:
    """What a well-behaved client saw."""

    milliseconds: list
    failed: int
    failures: list

    def percentile(self, percent):
        return percentile(self.milliseconds, percent)


@dataclasses.dataclass
class Scenario:
    """One kind of load with, round by round, what the probe saw before it and during it."""

    name: str
    rate_limit: str
    probed: str = "deductions"
    before: list = dataclasses.field(default_factory=list)
    during: list = dataclasses.field(default_factory=list)
    notes: list = dataclasses.field(default_factory=list)
    memory: float = 0

    def percentile(self, which, percent):
        """Milliseconds, of the answers of all rounds together."""
        return percentile(
            sorted(itertools.chain.from_iterable(probe.milliseconds for probe in getattr(self, which))), percent)

    def ratio(self, percent):
        return self.percentile("during", percent) / self.percentile("before", percent)


def probe(system, seconds, first_newcomer=None):
    """Runs the probe in a process of its own, so that nothing else in this one delays it."""
    address = urllib.parse.urlsplit(system.url)
    done = subprocess.run(
        [sys.executable, "-m", "bench.probe", address.hostname, str(address.port),
         str(system.directory / "data" / "jwt-secret"), str(FIRST_PROBED), str(seconds),
         *([str(first_newcomer)] if first_newcomer is not None else [])],
        capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=seconds + GRACE_SECONDS)
    if done.returncode != 0:
        raise RuntimeError(f"probe: {done.stderr.strip()}")
    return Probe(**json.loads(done.stdout.strip().splitlines()[-1]))


@contextlib.contextmanager
def flood(system, seconds, notes, route="deduct"):
    """One tenant over many connections, as fast as it is answered."""
    targets = system.directory / "flood-targets"
    targets.write_text(f"{requests.organization(FLOODER)} {requests.token(system.secret, FLOODER)}\n")
    process = subprocess.Popen(
        ["wrk", "--threads=1", f"--connections={FLOOD_CONNECTIONS}", f"--duration={seconds + 4}s", "--timeout=30s",
         f"--script={settings.ROOT / 'Benchmarks' / 'requests.lua'}", system.url, "--", str(targets), route, "hot", "1"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        # Until its connections are open and its burst is used up.
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(2)
        yield
        output, errors = process.communicate(timeout=GRACE_SECONDS)
        if process.returncode != 0:
            raise RuntimeError(f"wrk: {errors.strip()} {output.strip()}")
        counted = json.loads(output.strip().splitlines()[-1])
        notes.append(f"{counted['requests'] / counted['microseconds'] * 1e6:,.0f} requests a second,"
                     f" {counted['status'] / max(counted['requests'], 1):.0%} of them refused")
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


@contextlib.contextmanager
def hostile(system, mode, count, notes):
    address = urllib.parse.urlsplit(system.url)
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.hostile", mode, address.hostname, str(address.port), str(count)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        if process.stdout.readline().strip() != "ready":
            raise RuntimeError(f"{mode}: could not open {count} connections; is the limit of open files too low?")
        yield
        output, _ = process.communicate("end\n", timeout=GRACE_SECONDS)
        notes.append(f"{count:,} connections, {output.strip()} of them closed by the server and opened again")
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


@contextlib.contextmanager
def reports_and_newcomers(system):
    """Gives the flooding tenant hours that take long to add up, and the others users whom no server has seen."""
    flooder = requests.organization(FLOODER)
    system.sql(
        "INSERT INTO tollgate.usage_hours"
        f" SELECT '{flooder}', date_trunc('hour', now()) - interval '1 hour' * hour, '{settings.TOKEN_TYPE}',"
        f" '{settings.FEATURE}', md5('reported' || number)::uuid, 1, 1, 0"
        f" FROM generate_series(1, {REPORT_HOURS}) AS hour, generate_series(1, {REPORT_USERS}) AS number")
    system.sql("ANALYZE tollgate.usage_hours")
    count = 2 * settings.OVERLOAD_ROUNDS * NEWCOMERS_PER_SECOND * settings.OVERLOAD_ROUND_SECONDS
    system.sql(
        "INSERT INTO public.user_profiles (id, organization_id)"
        f" SELECT md5('newcomer' || number)::uuid, md5(({FIRST_PROBED} + number % 100)::text)::uuid"
        f" FROM generate_series(0, {count - 1}) AS number")
    try:
        yield
    finally:
        # The ledger knows nothing of these hours: `tollgate verify` would find them.
        system.sql(
            f"DELETE FROM tollgate.usage_hours WHERE organization_id = '{flooder}' AND user_id IN"
            f" (SELECT md5('reported' || number)::uuid FROM generate_series(1, {REPORT_USERS}) AS number)")


def measure(system, scenario, make_load, newcomers=None):
    """Before and during, by turns. The seconds before are those of an otherwise idle server.

    `newcomers` gives the number of the first user of each probe whom no server has seen, where such are probed.
    """
    seconds = settings.OVERLOAD_ROUND_SECONDS
    for _ in range(settings.OVERLOAD_ROUNDS):
        system.settle_down()
        scenario.before.append(probe(system, seconds, next(newcomers) if newcomers else None))
        with make_load(seconds, scenario.notes):
            scenario.during.append(probe(system, seconds, next(newcomers) if newcomers else None))
            scenario.memory = machine.memory_megabytes(system.process.pid, "VmRSS")
    print(f"{scenario.name}: p99 {scenario.percentile('before', 99):.2f} → {scenario.percentile('during', 99):.2f} ms",
          file=sys.stderr)
    return scenario


def run():
    busy = machine.busy_cores()
    os.environ.pop(RATE_NAME, None)
    scenarios = []
    with System() as system:
        loading.load(system, 1_000)
        probe(system, 2)
        scenarios.append(measure(
            system, Scenario(f"one tenant floods over {FLOOD_CONNECTIONS} connections", "off"),
            lambda seconds, notes: flood(system, seconds, notes)))
        system.stop()
        os.environ[RATE_NAME] = RATE
        system.start()
        probe(system, 2)
        scenarios.append(measure(
            system, Scenario(f"one tenant floods over {FLOOD_CONNECTIONS} connections", RATE),
            lambda seconds, notes: flood(system, seconds, notes)))
        scenarios.append(measure(
            system, Scenario("idle connections", RATE),
            lambda _, notes: hostile(system, "idle", IDLE_CONNECTIONS, notes)))
        scenarios.append(measure(
            system, Scenario("slow connections", RATE),
            lambda _, notes: hostile(system, "slow", SLOW_CONNECTIONS, notes)))
        with reports_and_newcomers(system):
            scenarios.append(measure(
                system,
                Scenario(f"one tenant floods with reports over {FLOOD_CONNECTIONS} connections", RATE,
                         "new users' first deductions, ledgers, readyz"),
                lambda seconds, notes: flood(system, seconds, notes, "usage"),
                itertools.count(0, NEWCOMERS_PER_SECOND * settings.OVERLOAD_ROUND_SECONDS)))
        violations = system.verify()
        facts = machine.facts(system.directory) | system.facts()
    path = write(scenarios, violations, facts, busy)
    print(path.read_text())
    return 0 if not violations and all(is_met(scenario) for scenario in scenarios if scenario.rate_limit != "off") else 1


def is_met(scenario):
    failed = sum(probe.failed for probe in scenario.before + scenario.during)
    return failed == 0 and scenario.ratio(99) <= LARGEST_RATIO


def write(scenarios, violations, facts, busy):
    today = datetime.date.today().isoformat()
    rows = []
    for scenario in scenarios:
        rows.append((
            scenario.name, scenario.rate_limit, scenario.probed,
            *(f"{scenario.percentile(which, 50):.2f} / {scenario.percentile(which, 99):.2f}" for which in ("before", "during")),
            f"{scenario.ratio(50):.2f} / {scenario.ratio(99):.2f}",
            "met" if is_met(scenario) else "**not met**", f"{scenario.memory:.0f}", scenario.notes[-1]))
    lines = [f"# Overload, {today}", ""]
    if settings.QUICK:
        lines += ["**QUICK: a try of the scripts. These figures say nothing.**", ""]
    lines += [
        f"By `make overload`: other tenants ask 100 times a second over 4 connections, {settings.OVERLOAD_ROUND_SECONDS} s on"
        f" an otherwise idle server and {settings.OVERLOAD_ROUND_SECONDS} s under each load,"
        f" {settings.OVERLOAD_ROUNDS} times in turn; percentiles of all rounds' answers together, from when a request was due."
        " Needed: p99 during at most twice p99 before, and no request of the others refused. Clients, server and database"
        " share one machine.", "",
        *table(("load", "rate limit per organization", "what the others ask", "before: p50 / p99 ms", "during: p50 / p99 ms", "ratio",
                f"≤ {LARGEST_RATIO:.0f}", "server's memory MB", "the load, last round"), rows), "",
        "Each round's p99 before → during, and the slowest answer during, in ms:", "",
        *[f"- {scenario.name}, {scenario.rate_limit}: " + "; ".join(
            f"{before.percentile(99):.2f} → {during.percentile(99):.2f} ({during.percentile(100):.1f})"
            for before, during in zip(scenario.before, scenario.during)) for scenario in scenarios], "",
        f"- `tollgate verify` at the end: {'nothing violated' if not violations else '**violated**'}",
        machine.busy_line(busy),
        *[f"- {name}: {value}" for name, value in facts.items()], *[f"- violation: {line}" for line in violations[:50]]]
    settings.RESULTS.mkdir(parents=True, exist_ok=True)
    path = settings.RESULTS / f"{today}-overload.md"
    path.write_text("\n".join(lines) + "\n")
    return path


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(run())
