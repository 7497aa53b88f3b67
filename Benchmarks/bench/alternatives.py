"""`make bench`: Tollgate against the plain function, against SELECT, and against FastAPI, in alternating rounds."""

import signal
import statistics
import sys

from . import dashboard, generators, loading, machine, report, settings
from .system import System
from .variants import Measurement, all_variants
from . import requests

SINGLE_COUNT = 300
MANY_CONNECTIONS = 1_000


def say(text):
    print(text, file=sys.stderr)


def measure_singles(system):
    """Median milliseconds of one request at a time: over HTTP, and by pgbench over the unix socket."""
    system.settle_down()
    http = generators.one_by_one(system, SINGLE_COUNT)
    sql = generators.pgbench(system, "tollgate_server", "deduct", "hot", 1, SINGLE_COUNT).p50
    return http, sql


def measure_dashboard(system, measurement):
    """Loads of the page while nobody else asks, and while 64 connections deduct."""
    system.settle_down()
    idle = dashboard.measure(system)
    with generators.background(system.url, measurement.targets, "deduct", "spread", 64):
        loaded = dashboard.measure(system)
    return idle, loaded


def run():
    busy = machine.busy_cores()
    with System() as system:
        say(f"loading {settings.ORGANIZATIONS} organizations")
        loading.load(system, settings.ORGANIZATIONS)
        loading.load_plain(system)
        measurement = Measurement(system)
        requests.write_targets(measurement.targets, system.secret, settings.ORGANIZATIONS)

        variants = all_variants()
        samples = {variant: [] for variant in variants}
        singles = []
        for round_number in range(1, settings.ROUNDS + 1):
            say(f"round {round_number} of {settings.ROUNDS}")
            singles.append(measure_singles(system))
            for variant in variants:
                sample = measurement.measure(variant)
                samples[variant].append(sample)
                say(f"  {variant.name}, {variant.pick}, {variant.clients} clients"
                    + (f", {variant.workers} workers" if variant.workers else "")
                    + f": {sample.load.rate:,.0f} /s, p50 {sample.load.p50:.2f} ms, p99 {sample.load.p99:.2f} ms")
        say("opening the dashboard")
        pages = measure_dashboard(system, measurement)
        memory_before = machine.memory_megabytes(system.process.pid, "VmHWM")
        many = generators.wrk(system.url, measurement.targets, "deduct", "spread", MANY_CONNECTIONS)
        memory = machine.memory_megabytes(system.process.pid, "VmHWM")

        say("verifying the ledger")
        outcome = report.Outcome(
            facts=machine.facts(system.directory) | system.facts(), busy=busy, samples=samples,
            single_http=statistics.median(http for http, _ in singles),
            single_sql=statistics.median(sql for _, sql in singles),
            many_rate=many.rate, pages=pages, memory_before=memory_before, memory=memory, violations=system.verify())
    path = report.write(outcome)
    say(f"wrote {path}")
    print(path.read_text())
    return 1 if outcome.violations else 0


if __name__ == "__main__":
    # As Ctrl-C: what was started is ended in order.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(run())
