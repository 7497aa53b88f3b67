"""Writes what `make bench` measured: ratios against the goals, the published targets, all figures, and a plot."""

import dataclasses
import datetime

from . import dashboard, machine, plot, settings
from .variants import median

RESPONSE_TARGETS = [
    # published target, route, limit in ms
    ("check < 5 ms", "check", 5),
    ("deduct < 20 ms", "deduct", 20),
    ("stats < 15 ms", "stats", 15),
]
WHOLE_RESPONSE_LIMIT = 100
DASHBOARD_LIMIT = 300
OPERATIONS = {"reserve": "reserve and capture", "refund": "deduct and refund", "traffic": "mixed traffic"}


@dataclasses.dataclass
class Outcome:
    facts: dict
    busy: float
    samples: dict
    single_http: float
    single_sql: float
    many_rate: float
    # Of the dashboard: as dashboard.measure gives them, on an idle server and under load.
    pages: tuple
    memory_before: float
    memory: float
    violations: list

    def find(self, **wanted):
        """The variants with these members, each with its samples."""
        return {variant: samples for variant, samples in self.samples.items()
                if all(getattr(variant, name) == value for name, value in wanted.items())}

    def rate(self, **wanted):
        """The best median rate among the variants with these members."""
        return max(median(samples, lambda sample: sample.load.rate) for samples in self.find(**wanted).values())


def latency(samples, percent):
    return median(samples, lambda sample: getattr(sample.load, f"p{percent}"))


def table(headings, rows):
    lines = ["| " + " | ".join(headings) + " |", "|" + "---|" * len(headings)]
    return lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]


def goals(outcome):
    """Rows of goal, measured, needed, and whether it is met."""
    rows = []

    def ratio(goal, measured, base, needed):
        rows.append((goal, f"{measured:,.0f} / {base:,.0f} = {measured / base:.2f}", f"≥ {needed}",
                     "met" if measured / base >= needed else "**not met**"))

    for clients in (64, 256):
        ratio(f"spread, {clients} connections, against the plain function's best",
              outcome.rate(how="http", what="deduct", pick="spread", clients=clients),
              outcome.rate(how="pgbench", what="plain", pick="spread"), 2.5)
    for clients in (64, 256):
        ratio(f"hot, {clients} connections, against the plain function's best on the hot balance",
              outcome.rate(how="http", what="deduct", pick="hot", clients=clients),
              outcome.rate(how="pgbench", what="plain", pick="hot"), 25)
        ratio("the same, against the plain function at 32 clients",
              outcome.rate(how="http", what="deduct", pick="hot", clients=clients),
              outcome.rate(how="pgbench", what="plain", pick="hot", clients=32), 25)
    for clients in (64, 256):
        ratio(f"check-balance, {clients} connections, against SELECT",
              outcome.rate(how="http", what="check", clients=clients),
              outcome.rate(how="pgbench", what="select"), 1)
        ratio("the same, against SELECT under row-level security",
              outcome.rate(how="http", what="check", clients=clients),
              outcome.rate(how="pgbench", what="read"), 1)
    for clients in (64, 256):
        ratio(f"spread, {clients} connections, against FastAPI at as many",
              outcome.rate(how="http", what="deduct", pick="spread", clients=clients),
              outcome.rate(how="fastapi", what="plain", pick="spread", clients=clients, resets=True), 8)
    tollgate = outcome.rate(how="http", what="deduct", pick="spread", clients=64)
    ratio("spread, 64 connections, against FastAPI whose pool does not reset sessions", tollgate,
          outcome.rate(how="fastapi", what="plain", pick="spread", resets=False), 8)
    ratio("the same, against FastAPI calling tollgate.deduct", tollgate,
          outcome.rate(how="fastapi", what="tollgate", pick="spread"), 8)
    for variant, samples in outcome.find(how="http", clients=64).items():
        if variant.what == "stats":
            continue
        p50, p99 = latency(samples, 50), latency(samples, 99)
        rows.append((f"p99 / p50 of {variant.what}, {variant.pick}, 64 connections",
                     f"{p99:.2f} / {p50:.2f} ms = {p99 / p50:.2f}", "≤ 3", "met" if p99 <= 3 * p50 else "**not met**"))
    single = outcome.single_http / outcome.single_sql
    rows.append(("one request on an idle server, against the same call by pgbench over the unix socket",
                 f"{outcome.single_http:.3f} / {outcome.single_sql:.3f} ms = {single:.2f}", "≤ 1.5",
                 "met" if single <= 1.5 else "**not met**"))
    rows.append(("the server's peak memory, 1,000 connections included", f"{outcome.memory:.1f} MB", "≤ 64 MB",
                 "met" if outcome.memory <= 64 else "**not met**"))
    return rows


def other_operations(outcome):
    """Rows of what else moves tokens, against two plain functions, and of everything at once, against deductions."""
    rows = []

    def ratio(what, pick, clients, base_name, base):
        rate = outcome.rate(how="http", what=what, pick=pick, clients=clients)
        rows.append((OPERATIONS[what], pick, clients, f"{rate:,.0f}", base_name, f"{base:,.0f}", f"{rate / base:.2f}"))

    for what in ("reserve", "refund"):
        for pick in ("spread", "hot"):
            for clients in (64, 256):
                ratio(what, pick, clients, "plain functions, 32 clients",
                      outcome.rate(how="pgbench", what=f"plain {what}", pick=pick, clients=32))
    for clients in (64, 256):
        ratio("traffic", "spread", clients, "deductions alone, as many connections",
              outcome.rate(how="http", what="deduct", pick="spread", clients=clients))
    return rows


def targets(outcome):
    """Whether the published response times hold at 64 connections, by the 99th percentile under full load."""
    rows = []
    worst = 0.0
    for target, route, limit in RESPONSE_TARGETS:
        for variant, samples in outcome.find(how="http", what=route, clients=64).items():
            p50, p99 = latency(samples, 50), latency(samples, 99)
            worst = max(worst, p99)
            rows.append((target, f"{route}, {variant.pick}: p50 {p50:.2f} ms, p99 {p99:.2f} ms",
                         "holds" if p99 < limit else "**does not hold**"))
    rows.append((f"whole API response < {WHOLE_RESPONSE_LIMIT} ms", f"the slowest p99 above: {worst:.2f} ms",
                 "holds" if worst < WHOLE_RESPONSE_LIMIT else "**does not hold**"))
    for when, (paints, balances) in zip(("nobody else asks", "64 connections deduct"), outcome.pages):
        rows.append((f"dashboard < {DASHBOARD_LIMIT} ms, {when}", dashboard.words(paints, balances),
                     "holds" if max(balances) < DASHBOARD_LIMIT else "**does not hold**"))
    return rows


def title(variant):
    workers = f", {variant.workers} worker{'s' if variant.workers > 1 else ''}" if variant.workers else ""
    return f"{variant.name}{workers}"


def figures(outcome):
    rows = []
    for variant, samples in outcome.samples.items():
        def each(value):
            return median(samples, lambda sample: value(sample) / sample.load.count)
        rows.append((
            title(variant), variant.pick, variant.clients, f"{median(samples, lambda sample: sample.load.rate):,.0f}",
            f"{latency(samples, 50):.2f}", f"{latency(samples, 99):.2f}",
            f"{each(lambda sample: sample.server_cpu * 1e6):.1f}" if variant.how != "pgbench" else "",
            f"{each(lambda sample: sample.database_cpu * 1e6):.1f}", f"{each(lambda sample: sample.wal_bytes):,.0f}"))
    return rows


def text(outcome, stem):
    today = datetime.date.today().isoformat()
    lines = [f"# Measured on {today}", ""]
    if settings.QUICK:
        lines += ["**QUICK: a try of the scripts. These figures say nothing.**", ""]
    lines += [
        f"By `make bench`: medians of {settings.ROUNDS} alternating rounds of {settings.ROUND_SECONDS} s over"
        f" {settings.ORGANIZATIONS:,} organizations; load generators, server and database on one machine. Before each"
        " measurement: one second of the same load (not for pgbench), then VACUUM of all tables with rows of tenants, and"
        " CHECKPOINT.",
        "Every answer was a success, and each movement that was answered was found in the database.",
        f"`tollgate verify` at the end: {'nothing violated' if not outcome.violations else '**violations, see below**'}.",
        "",
        f"![requests per second]({stem}.svg)", "", "## Goals", "",
        *table(("goal", "measured", "needed", ""), goals(outcome)), "",
        "## Reservations, refunds and mixed traffic", "",
        "Requests per second; a reservation with its capture is two of them, a deduction with its refund too.", "",
        *table(("Tollgate", "balances", "connections", "per second", "against", "per second", "ratio"),
               other_operations(outcome)), "",
        "## Published response times, at 64 connections under full load", "",
        *table(("target", "measured", ""), targets(outcome)), "",
        "## All figures", "",
        "CPU in µs and log (WAL) in bytes for each request; ms are latencies seen by the client. After a checkpoint the"
        " first change of a page logs all of it, which weighs the more the fewer requests there are. Where pgbench makes"
        " two calls in turn, its ms are those of both.", "",
        *table(("what", "balances", "clients", "per second", "p50 ms", "p99 ms", "server CPU", "PostgreSQL CPU", "WAL"),
               figures(outcome)), "",
        f"At 1,000 connections, spread: {outcome.many_rate:,.0f} deductions a second (one run)."
        f" The server's peak memory before that run was {outcome.memory_before:.1f} MB, after it {outcome.memory:.1f} MB.", "",
        "## Machine", "", *[f"- {name}: {value}" for name, value in outcome.facts.items()],
        machine.busy_line(outcome.busy),
    ]
    if outcome.violations:
        lines += ["", "## Violations", "", *[f"- {line}" for line in outcome.violations[:50]]]
    return "\n".join(lines) + "\n"


def bars(outcome):
    """Label, rate and whether it is Tollgate's."""
    return [(f"{title(variant)}, {variant.pick}, {variant.clients}", median(samples, lambda sample: sample.load.rate),
             variant.how == "http")
            for variant, samples in outcome.samples.items()]


def write(outcome):
    stem = datetime.date.today().isoformat()
    settings.RESULTS.mkdir(parents=True, exist_ok=True)
    (settings.RESULTS / f"{stem}.svg").write_text(plot.bar_plot("Requests per second", bars(outcome)))
    path = settings.RESULTS / f"{stem}.md"
    path.write_text(text(outcome, stem))
    return path
