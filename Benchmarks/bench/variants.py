"""What is measured, and one measurement of it: load, CPU, log volume, and that every answer is in the database."""

import contextlib
import dataclasses
import statistics

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
    def moves(self):
        """Whether tokens are moved."""
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
    for what, name in (("reserve", "reserve and capture"), ("refund", "deduct and refund")):
        for pick in ("spread", "hot"):
            variants.append(Variant(f"plain {name}, pgbench", pick, 32, "pgbench", f"plain {what}"))
            for clients in (64, 256):
                variants.append(Variant(f"Tollgate, {name}", pick, clients, "http", what))
    for clients in (64, 256):
        variants.append(Variant("Tollgate, mixed traffic", "spread", clients, "http", "traffic"))
    for workers in (1, 2):
        for pick, clients in (("spread", 64), ("spread", 256), ("hot", 64)):
            variants.append(Variant("FastAPI, plain function", pick, clients, "fastapi", "plain", workers))
        variants.append(Variant("FastAPI, no reset, plain function", "spread", 64, "fastapi", "plain", workers, False))
        variants.append(Variant("FastAPI, tollgate.deduct", "spread", 64, "fastapi", "tollgate", workers))
    return variants


# The login of a pgbench variant unless it is the plain functions'; None: the administrator's.
USERS = {"deduct": "tollgate_server", "select": None}
# How many movements there were so far, of what the ledger does not count.
MOVED = {
    "plain": "SELECT -sum(balance) FROM bench.balances",
    "plain reserve": "SELECT count(*) + count(captured_at) FROM bench.reservations",
    "plain refund": "SELECT 2 * count(*) FROM bench.refunds",
}


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
            user = USERS.get(variant.what, "bench_client")
            return generators.pgbench(self.system, user, variant.what, variant.pick, variant.clients)
        return generators.wrk(url, self.targets, self.route(variant), variant.pick, variant.clients, self.seconds)

    def cpu(self, process):
        """Seconds of the server's processes and of PostgreSQL's, which are the children of Tollgate's."""
        return (
            machine.tree_cpu_seconds(process, without=self.system.postmaster),
            machine.tree_cpu_seconds(self.system.postmaster))

    def moved(self, variant):
        """How many movements the database holds: an answer's each, if it moves tokens."""
        if not variant.moves:
            return 0
        return int(self.system.sql(MOVED.get(variant.what, "SELECT sum(ledger_sequence) FROM public.ai_tokens")))

    def check(self, variant, load, before):
        """Every answer stands for a movement; beyond them there is at most one for each client, cut off at the end."""
        if not variant.moves:
            return
        self.system.wait_for_sessions()
        moved = self.moved(variant) - before
        least, most = load.count, load.count + variant.clients
        if load.moves:
            # Only the sent ones are counted apart. wrk tries the script once without sending.
            least, most = load.moves - variant.clients - 1, load.moves
        if not least <= moved <= most:
            raise RuntimeError(f"{variant.name}, {variant.pick}: {moved} movements, {least} to {most} expected")


def median(samples, value):
    return statistics.median(value(sample) for sample in samples)
