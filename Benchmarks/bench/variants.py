"""What is measured, and one measurement of it: load, CPU, log volume, and that every answer is in the database."""

import contextlib
import dataclasses
import statistics
import time

from . import generators, machine, settings
from .application import Application


@dataclasses.dataclass(frozen=True)
class Variant:
    """One way of asking, at one distribution of balances and one number of clients."""

    name: str
    pick: str
    clients: int
    # http: Tollgate's server. fastapi: the application. pgbench: SQL directly.
    how: str
    # http: a route of requests.lua. pgbench: a statement of generators. fastapi: the function it calls.
    what: str
    workers: int = 0
    resets: bool = True

    @property
    def deducts(self):
        return self.what not in ("select", "read", "check", "stats")


@dataclasses.dataclass
class Sample:
    load: generators.Load
    server_cpu: float
    database_cpu: float
    wal_bytes: int


def all_variants():
    variants = []
    for pick in ("spread", "zipf", "hot"):
        variants.append(Variant("plain function, pgbench", pick, 32, "pgbench", "plain"))
        variants.append(Variant("tollgate.deduct, pgbench", pick, 32, "pgbench", "deduct"))
        for clients in (64, 256):
            variants.append(Variant("Tollgate, deduct", pick, clients, "http", "deduct"))
    # The plain function is compared at its best, which may be with more clients.
    variants.append(Variant("plain function, pgbench", "spread", 64, "pgbench", "plain"))
    variants.append(Variant("plain function, pgbench", "hot", 8, "pgbench", "plain"))
    variants.append(Variant("SELECT of a balance, pgbench", "spread", 32, "pgbench", "select"))
    variants.append(Variant("SELECT under row-level security, pgbench", "spread", 32, "pgbench", "read"))
    for clients in (64, 256):
        variants.append(Variant("Tollgate, check-balance", "spread", clients, "http", "check"))
    variants.append(Variant("Tollgate, stats", "spread", 64, "http", "stats"))
    for workers in (1, 2):
        for pick, clients in (("spread", 64), ("spread", 256), ("hot", 64)):
            variants.append(Variant("FastAPI, plain function", pick, clients, "fastapi", "plain", workers))
        variants.append(Variant("FastAPI, no reset, plain function", "spread", 64, "fastapi", "plain", workers, False))
        variants.append(Variant("FastAPI, tollgate.deduct", "spread", 64, "fastapi", "tollgate", workers))
    return variants


class Measurement:
    """Measures variants on a loaded system, each for so many seconds."""

    def __init__(self, system, seconds=settings.ROUND_SECONDS):
        self.system = system
        self.seconds = seconds
        self.targets = system.directory / "targets"

    def measure(self, variant):
        with contextlib.ExitStack() as stack:
            url, process = self.system.url, self.system.process.pid
            if variant.how == "fastapi":
                application = stack.enter_context(
                    Application(self.system, variant.what, variant.workers, variant.resets))
                url, process = application.url, application.process.pid
            # The first requests of a process prepare plans and connections, which is not what is asked about.
            if variant.how != "pgbench":
                generators.wrk(url, self.targets, self.route(variant), variant.pick, variant.clients, seconds=1)
            self.system.settle_down()
            moved = self.moved(variant)
            cpu = self.cpu(process)
            position = self.system.sql("SELECT pg_current_wal_lsn()")
            load = self.generate(variant, url)
            cpu = [after - before for before, after in zip(cpu, self.cpu(process))]
            wal = int(self.system.sql(f"SELECT pg_current_wal_lsn() - '{position}'"))
            self.check(variant, load, moved)
        return Sample(load, cpu[0] if variant.how != "pgbench" else 0.0, cpu[1], wal)

    def route(self, variant):
        return "deduct" if variant.how == "fastapi" else variant.what

    def generate(self, variant, url):
        if variant.how == "pgbench":
            user = {
                "plain": "bench_client", "read": "bench_client", "deduct": "tollgate_server"}.get(variant.what, self.system.administrator)
            return generators.pgbench(self.system, user, variant.what, variant.pick, variant.clients)
        return generators.wrk(url, self.targets, self.route(variant), variant.pick, variant.clients, self.seconds)

    def cpu(self, process):
        """Seconds of the server's processes and of PostgreSQL's, which are the children of Tollgate's."""
        return (
            machine.tree_cpu_seconds(process, without=self.system.postmaster),
            machine.tree_cpu_seconds(self.system.postmaster))

    def moved(self, variant):
        """How many deductions the database holds, as the balances tell."""
        if not variant.deducts:
            return 0
        if variant.what == "plain":
            return -int(self.system.sql("SELECT sum(balance) FROM bench.balances"))
        return int(self.system.sql("SELECT sum(ledger_sequence) FROM public.ai_tokens"))

    def check(self, variant, load, before):
        """Every answer stands for a deduction; beyond them there is at most one for each client, cut off at the end."""
        if not variant.deducts:
            return
        deadline = time.monotonic() + 10
        moved = self.moved(variant) - before
        while time.monotonic() < deadline:
            time.sleep(0.2)
            again = self.moved(variant) - before
            if again == moved:
                break
            moved = again
        if not load.count <= moved <= load.count + variant.clients:
            raise RuntimeError(f"{variant.name}, {variant.pick}: {load.count} answers, {moved} deductions")


def median(samples, value):
    return statistics.median(value(sample) for sample in samples)
