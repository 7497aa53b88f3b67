"""Fills a system's database by Benchmarks/sql/load.sql."""

import datetime
import os
import subprocess
import time

from . import settings

MONTHS = 12
# While the history is written: relations made in the same transaction are synced at its commit instead of going through
# the log, which is as durable and half as much to write. All of it is taken back before anything is measured.
LOADING = {"wal_level": "minimal", "max_wal_senders": "0", "max_wal_size": "'8GB'", "autovacuum": "off"}


def past_months():
    """The starts of the last twelve months that are over, and of the one before them, oldest first."""
    today = datetime.datetime.now(datetime.timezone.utc)
    count = today.year * 12 + today.month - 1
    return [f"{month // 12}-{month % 12 + 1:02}-01 00:00:00+00" for month in range(count - MONTHS - 1, count)]


def load(system, organizations, uses=0):
    """Loads organizations and, behind them, uses of the past months. Returns the seconds it took."""
    started = time.monotonic()
    system.script("load.sql")
    if uses == 0:
        system.sql(f"SELECT bench.load_organizations({organizations}, 0, {settings.TOKENS}, now())")
        vacuum(system)
    else:
        load_history(system, organizations, uses)
    return time.monotonic() - started


def vacuum(system):
    """Leaves nothing for autovacuum to do."""
    subprocess.run(
        ["vacuumdb", "--quiet", "--analyze", f"--jobs={os.cpu_count() or 1}"], env=system.environment(),
        stdin=subprocess.DEVNULL, check=True)
    system.sql("CHECKPOINT")


def load_history(system, organizations, uses):
    allocation_month, *months = past_months()
    for name, value in LOADING.items():
        system.sql(f"ALTER SYSTEM SET {name} = {value}")
    restart(system)
    parent = "'tollgate.ledger_entries'"
    system.sql(
        f"SELECT bench.attach_partition({parent}, bench.make_partition({parent}, '{allocation_month}'),"
        f" '{allocation_month}')")
    system.sql(f"SELECT bench.load_organizations({organizations}, {uses}, {settings.TOKENS}, '{allocation_month}')")
    system.sql("VACUUM (ANALYZE) bench.organizations")

    share = uses // len(months)
    jobs = []
    for index, month in enumerate(months):
        count = share if index < len(months) - 1 else uses - share * index
        if count > 0:
            jobs.append(f"SELECT bench.load_uses('{month}', {share * index}, {count}, {settings.TOKENS})")
    run_side_by_side(system, jobs)
    vacuum(system)
    for name in LOADING:
        system.sql(f"ALTER SYSTEM RESET {name}")
    restart(system)
    system.sql("CHECKPOINT")


def restart(system):
    system.stop()
    system.start()


def run_side_by_side(system, statements):
    """One session per core; each takes the next statement when it is through with one."""
    waiting = list(statements)
    running = []
    try:
        while waiting or running:
            while waiting and len(running) < (os.cpu_count() or 1):
                running.append(subprocess.Popen(
                    system.psql(f"--command={waiting.pop(0)}"), env=system.environment(), stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL))
            session = running[0]
            session.wait()
            running.remove(session)
            if session.returncode != 0:
                raise RuntimeError("loading failed; psql's message is above")
    finally:
        for session in running:
            session.terminate()
            session.wait()


def load_plain(system):
    """The plain function with the same organizations, balances and login."""
    system.script("plain.sql")
    password = system.sql("SELECT encode(sha256(gen_random_uuid()::text::bytea), 'hex')")
    system.sql(f"ALTER ROLE bench_client PASSWORD '{password}'")
    system.passwords["bench_client"] = password
    system.sql(
        "INSERT INTO bench.balances (organization_id, token_type, balance)"
        " SELECT organization_id, token_type, balance FROM public.ai_tokens ORDER BY organization_id, token_type")
    system.sql("VACUUM (ANALYZE) bench.balances")
