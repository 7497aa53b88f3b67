"""`make bench-analytics`: how long the database takes to answer questions about what was used, behind a year of uses."""

import dataclasses
import datetime
import re
import signal
import sys
import time

from . import generators, loading, machine, requests, settings
from .report import table
from .system import System

CONNECTIONS = 64
TENANT_LIMIT_MILLISECONDS = 15
OVERVIEW_LIMIT_MILLISECONDS = 200
NOW = "date_trunc('hour', now()) + interval '1 hour'"
DAYS = "interval '30 days'"

# What is asked, each of many organizations; $1 is the organization.
TENANT_QUESTIONS = {
    "usage by day, 30 days": f"tollgate.read_usage($1, NULL, false, '{{day}}', {NOW} - {DAYS}, {NOW})",
    "usage by day, feature and user, 30 days":
        f"tollgate.read_usage($1, NULL, false, '{{day,feature,user}}', {NOW} - {DAYS}, {NOW})",
    "usage by hour, 31 days": f"tollgate.read_usage($1, NULL, false, '{{hour}}', {NOW} - interval '31 days', {NOW})",
    "usage by feature, 400 days":
        f"tollgate.read_usage($1, NULL, false, '{{feature}}', {NOW} - interval '400 days', {NOW})",
    "usage by day, 400 days": f"tollgate.read_usage($1, NULL, false, '{{day}}', {NOW} - interval '400 days', {NOW})",
    "history, 400 days": "tollgate.read_history($1, NULL, false, current_date - 399, current_date + 1)",
    "forecast": "tollgate.read_forecast($1, NULL, false)",
    "plan estimates, 399 days": "tollgate.estimate_plans($1, current_date - 398, current_date + 1)",
}
# Of all organizations.
OVERVIEW = "tollgate.read_overview()"
SERVICE_QUESTIONS = {
    "usage by day, 30 days": f"tollgate.read_service_usage('{{day}}', {NOW} - {DAYS}, {NOW})",
    "usage by hour and feature, 31 days":
        f"tollgate.read_service_usage('{{hour,feature}}', {NOW} - interval '31 days', {NOW})",
    "usage by feature, 400 days": f"tollgate.read_service_usage('{{feature}}', {NOW} - interval '400 days', {NOW})",
    "usage by organization, 30 days": f"tollgate.read_service_usage('{{organization}}', {NOW} - {DAYS}, {NOW})",
    "balances that run out within 30 days": "tollgate.read_running_out(30)",
}

# One session calls the function, of another organization each time, and keeps how long each call took.
MEASURE = """
CREATE FUNCTION pg_temp.measure(question text, organization_ids uuid[]) RETURNS TABLE (milliseconds double precision)
LANGUAGE plpgsql AS $$
DECLARE
  organization uuid;
  began timestamptz;
BEGIN
  FOREACH organization IN ARRAY organization_ids LOOP
    began := clock_timestamp();
    EXECUTE 'SELECT count(*) FROM ' || question USING organization;
    milliseconds := 1000 * extract(epoch FROM clock_timestamp() - began);
    RETURN NEXT;
  END LOOP;
END
$$;
"""


@dataclasses.dataclass
class Timing:
    question: str
    median: float
    p99: float
    worst: float


def measure(system, question, organizations):
    """Median, p99 and worst of so many calls after three that warm up, in milliseconds, by the database's clock."""
    picked = (
        f"ARRAY(SELECT id FROM bench.organizations ORDER BY md5('seed' || n) LIMIT {organizations + 3})")
    quoted = question.replace("'", "''")
    line = system.sql(
        MEASURE + "WITH taken AS MATERIALIZED (SELECT milliseconds, row_number() OVER () AS n"
        f" FROM pg_temp.measure('{quoted}', {picked}))"
        " SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY milliseconds),"
        " percentile_cont(0.99) WITHIN GROUP (ORDER BY milliseconds), max(milliseconds) FROM taken WHERE n > 3")
    median, p99, worst = map(float, line.split("|"))
    return median, p99, worst


def roll_up_history(system):
    """All months but the last one, by set. Returns how many uses that were, and the seconds."""
    began = time.monotonic()
    system.script("roll_ups.sql")
    uses = int(system.sql(f"SELECT bench.roll_up_history('{loading.past_months()[-1]}')"))
    loading.vacuum(system)
    return uses, time.monotonic() - began


def unrolled(system):
    """How many movements of balances are not rolled up."""
    return int(system.sql(
        "SELECT coalesce(sum(token.ledger_sequence - coalesce(rolled.sequence, 0)), 0) FROM public.ai_tokens AS token"
        " LEFT JOIN tollgate.rolled_balances AS rolled USING (organization_id, token_type)"))


def roll_up(system):
    """Until nothing is left. Returns how much there was, and the seconds; the server rolls up meanwhile as well."""
    began = time.monotonic()
    left = rows = unrolled(system)
    while left > 0:
        print(f"  {left:,} movements are not rolled up, {time.monotonic() - began:.0f} s", file=sys.stderr)
        # Whoever comes second finds nothing to do, and looks again.
        before = left
        while left == before:
            system.sql("SELECT tollgate.roll_up(2000, 200000, 20000), pg_sleep(0.2)")
            left = unrolled(system)
    return rows, time.monotonic() - began


def wrong_totals(system):
    """Roll-ups whose uses or tokens are not as many as the ledger's. `tollgate verify`, which compares row by row, sorts
    the whole ledger: it runs where that is bearable."""
    return system.sql(
        "WITH used AS MATERIALIZED (SELECT count(*) AS uses, sum(tokens_deducted) AS tokens"
        " FROM public.ai_token_usage_log),"
        " kept (name, uses, tokens) AS ("
        "SELECT 'hours', sum(uses), sum(tokens) FROM tollgate.usage_hours"
        " UNION ALL SELECT 'days', sum(uses), sum(tokens) FROM tollgate.usage_days"
        " UNION ALL SELECT 'months', sum(uses), sum(tokens) FROM tollgate.usage_months WHERE subject = organization_id"
        " UNION ALL SELECT 'hours of all', sum(uses), sum(tokens) FROM tollgate.service_hours"
        " UNION ALL SELECT 'days of all', sum(uses), sum(tokens) FROM tollgate.service_days"
        " UNION ALL SELECT 'days of balances', NULL, sum(used) FROM tollgate.balance_days)"
        " SELECT coalesce(string_agg(kept.name, ', '), '') FROM kept, used"
        " WHERE coalesce(kept.uses, used.uses) <> used.uses OR kept.tokens <> used.tokens")


def ask(system, questions, organizations):
    return [Timing(name, *measure(system, question, organizations)) for name, question in questions.items()]


def run():
    found = re.fullmatch(r"(\d+):(\d+)", settings.ANALYTICS_SIZE)
    if not found:
        sys.exit("ANALYTICS_SIZE has to be like '10000:50000000': organizations:ledger rows")
    organizations, rows = int(found[1]), int(found[2])
    with System() as system:
        system.sql(f"ALTER SYSTEM SET shared_buffers = '{machine.total_memory_megabytes() // 4}MB'")
        loading.restart(system)
        print(f"{organizations:,} organizations, {rows:,} rows: loading", file=sys.stderr)
        loaded = loading.load(system, organizations, rows)
        print(f"  loaded in {loaded:.0f} s; rolling up", file=sys.stderr)
        in_bulk = roll_up_history(system)
        print(f"  {in_bulk[0]:,} by set in {in_bulk[1]:.0f} s", file=sys.stderr)
        rolled = roll_up(system)
        loading.vacuum(system)
        path, is_right = examine(system, organizations, rows, (
            f"Loading took {loaded:.0f} s. {in_bulk[0]:,} uses were rolled up by set in {in_bulk[1]:.0f} s; of the last"
            f" month's {rolled[0]:,} were left then, which `tollgate.roll_up()` took {rolled[1]:.0f} s for"
            f" ({rolled[0] / max(rolled[1], 1):,.0f} a second)."))
    print(path.read_text())
    return 0 if is_right else 1


def examine(system, organizations, rows, made):
    """Asks a database that has so many organizations and uses, rolled up, and writes the results."""
    wrong = wrong_totals(system)
    sizes = system.sql(
        "SELECT string_agg(format('%s %s rows, %s', name, (SELECT reltuples::bigint FROM pg_class WHERE oid ="
        " name::regclass), pg_size_pretty(pg_total_relation_size(name))), '; ') FROM unnest(ARRAY["
        "'tollgate.usage_hours', 'tollgate.usage_days', 'tollgate.balance_days', 'tollgate.service_hours']) AS name")
    busy = machine.busy_cores()
    count = min(organizations - 3, 20 if settings.QUICK else 200)
    quiet = ask(system, TENANT_QUESTIONS, count)
    service = ask(system, SERVICE_QUESTIONS, 5)
    overview = Timing("overview", *measure(system, OVERVIEW, 10))
    # Under load there is always something that is not rolled up yet.
    targets = system.directory / "targets"
    requests.write_targets(targets, system.secret, organizations)
    load = generators.wrk(system.url, targets, "deduct", "spread", CONNECTIONS, seconds=settings.ROUND_SECONDS)
    tail = unrolled(system)
    fresh = ask(system, TENANT_QUESTIONS, count)
    violations = system.verify() if rows <= settings.VERIFY_LIMIT_ROWS else None
    facts = machine.facts(system.directory) | system.facts()
    path = write(
        organizations, rows, made, wrong, sizes, quiet, fresh, (load.rate, tail), service, overview, violations, facts,
        busy)
    return path, not violations and not wrong


def timings(rows, limit):
    return [(row.question, f"{row.median:.2f}", f"{row.p99:.2f}", f"{row.worst:.2f}",
             "holds" if row.p99 < limit else "**does not hold**") for row in rows]


def write(
        organizations, rows, made, wrong, sizes, quiet, fresh, load, service, overview, violations, facts, busy):
    today = datetime.date.today().isoformat()
    verified = "left out" if violations is None else "holds" if not violations else "**" + "; ".join(violations) + "**"
    headings = ("question", "median ms", "p99 ms", "worst ms", f"p99 < {TENANT_LIMIT_MILLISECONDS} ms")
    lines = [f"# Analytics, measured on {today}", ""]
    if settings.QUICK:
        lines += ["**QUICK: a try of the scripts. These figures say nothing.**", ""]
    lines += [
        f"By `make bench-analytics`: {organizations:,} organizations with {rows:,} uses of a year behind them, database"
        " time of a call inside of one session, by the database's clock.", "",
        f"{made} Sums of the roll-ups that are not the ledger's: {wrong or 'none'}. `tollgate verify`: {verified}.", "",
        f"Roll-ups: {sizes}.", "",
        "## One organization", "", *table(headings, timings(quiet, TENANT_LIMIT_MILLISECONDS)), "",
        f"The same after {load[0]:,.0f} deductions a second, of which {load[1]:,} were not rolled up when it began:", "",
        *table(headings, timings(fresh, TENANT_LIMIT_MILLISECONDS)), "",
        "## All organizations", "",
        *table((*headings[:4], f"p99 < {OVERVIEW_LIMIT_MILLISECONDS} ms"),
               timings([overview], OVERVIEW_LIMIT_MILLISECONDS)), "",
        *table(headings[:4], [row[:4] for row in timings(service, OVERVIEW_LIMIT_MILLISECONDS)]), "",
        machine.busy_line(busy), *[f"- {name}: {value}" for name, value in facts.items()]]
    settings.RESULTS.mkdir(parents=True, exist_ok=True)
    path = settings.RESULTS / f"{today}-analytics.md"
    path.write_text("\n".join(lines) + "\n")
    return path


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(run())
