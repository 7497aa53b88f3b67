"""The system under test: the release build serving on a private cluster, its database, and its end."""

import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.parse
from pathlib import Path

from . import machine, settings

STOP_SECONDS = 90
SESSIONS_SECONDS = 60


class System:
    """`tollgate dev` in a directory of its own. Use it in a `with` statement: its end removes everything.

    `tree` is the checked-out revision whose release build it is, and whose loader fits its tables.
    """

    def __init__(self, tree=settings.ROOT):
        self.tree = tree
        self.server = tree / ".build" / "release" / "tollgate"
        self.directory = Path(tempfile.mkdtemp(prefix="tollgate-bench-", dir=settings.DATA_PARENT))
        # PostgreSQL runs as another user when root measures, and has to pass through.
        self.directory.chmod(0o755)
        self.process = None

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        try:
            self.stop()
        finally:
            shutil.rmtree(self.directory, ignore_errors=True)

    def start(self, ready_seconds=120):
        kept = {name: value for name, value in os.environ.items()
                if not name.startswith(("PG", "DATABASE_", "TOLLGATE_JWT"))}
        with open(self.directory / "tollgate.log", "ab") as log:
            # A session of its own: Ctrl-C reaches this program only, which then ends the server in order.
            self.process = subprocess.Popen(
                [self.server, "dev", "--listen", "127.0.0.1:0", "--data", self.directory / "data", "--json"],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, start_new_session=True,
                env=kept | {"LOG_LEVEL": "warning"})
        ready, _, _ = select.select([self.process.stdout], [], [], ready_seconds)
        line = self.process.stdout.readline() if ready else b""
        if not line:
            raise RuntimeError("tollgate did not start: " + (self.directory / "tollgate.log").read_text()[-1000:])
        self.url = json.loads(line)["url"]
        address = urllib.parse.urlsplit(json.loads(line)["databaseUrl"])
        self.database_url = json.loads(line)["databaseUrl"]
        self.database = {"port": str(address.port), "dbname": address.path[1:], "host": address.hostname}
        self.passwords = {address.username: urllib.parse.unquote(address.password),
                          "tollgate_server": (self.directory / "data" / "server-password").read_text()}
        self.administrator = address.username
        self.secret = (self.directory / "data" / "jwt-secret").read_bytes()
        # From here on over the unix socket: the shortest way there is, for whatever Tollgate is compared with.
        self.database["host"] = self.sql("SHOW unix_socket_directories").strip('"')
        data = self.sql("SHOW data_directory")
        self.postmaster = int((Path(data) / "postmaster.pid").read_text().split()[0])

    def stop(self):
        """Ends the server and, should it have died without doing so, its cluster."""
        if self.process is None:
            return
        self.thaw()
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.process = None
        for identity in self.directory.glob("data/data/postmaster.pid"):
            os.kill(int(identity.read_text().split()[0]), signal.SIGINT)
            deadline = time.monotonic() + STOP_SECONDS
            while identity.exists() and time.monotonic() < deadline:
                time.sleep(0.1)

    def freeze(self):
        """Stops the server and its cluster where they are, as a machine that is suspended: no timer, no vacuum, no roll-up."""
        self.wait_for_sessions()
        machine.signal_tree(self.process.pid, signal.SIGSTOP)

    def thaw(self):
        """Lets them go on."""
        machine.signal_tree(self.process.pid, signal.SIGCONT)

    def environment(self, user=None):
        """What libpq's programs have to know to log in."""
        user = user or self.administrator
        return os.environ | {
            "PGHOST": self.database["host"], "PGPORT": self.database["port"], "PGDATABASE": self.database["dbname"],
            "PGUSER": user, "PGPASSWORD": self.passwords[user], "PGOPTIONS": ""}

    def psql(self, *arguments):
        return ["psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1", *arguments]

    def sql(self, statement, timeout_seconds=3600):
        """Runs a statement as administrator and gives what it prints."""
        done = subprocess.run(
            self.psql(f"--command={statement}"), env=self.environment(), capture_output=True, text=True,
            timeout=timeout_seconds, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            raise RuntimeError(f"psql: {done.stderr.strip()}\nin: {statement}")
        return done.stdout.strip()

    def script(self, name):
        done = subprocess.run(
            self.psql(f"--file={self.tree / 'Benchmarks' / 'sql' / name}"), env=self.environment(),
            capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            raise RuntimeError(f"{name}: {done.stderr.strip()}")

    def verify(self):
        """Runs `tollgate verify`; returns the violations it prints, none when all holds."""
        done = subprocess.run(
            [self.server, "verify"], env=self.environment() | {"DATABASE_URL": self.database_url},
            capture_output=True, text=True, stdin=subprocess.DEVNULL)
        lines = done.stdout.split("\n") + done.stderr.split("\n")
        return [line for line in lines if line] if done.returncode != 0 else []

    def facts(self):
        """What a reader needs to know of the database: its version, and that its settings are the stock ones."""
        changed = self.sql(
            "SELECT string_agg(name || ' = ' || setting, ', ' ORDER BY name) FROM pg_settings"
            " WHERE source = 'configuration file' AND sourcefile LIKE '%postgresql.auto.conf'")
        durable = self.sql(
            "SELECT string_agg(name || ' = ' || setting, ', ' ORDER BY name) FROM pg_settings WHERE name IN"
            " ('fsync', 'full_page_writes', 'synchronous_commit', 'wal_sync_method', 'shared_buffers', 'max_wal_size')")
        return {
            "PostgreSQL": self.sql("SHOW server_version"), "Its settings": durable,
            "Its settings that are not stock": changed or "none"}

    def wait_for_sessions(self):
        """Until no session works any more: a load generator that ends leaves requests behind."""
        query = (
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE backend_type = 'client backend' AND state <> 'idle' AND pid <> pg_backend_pid()")
        deadline = time.monotonic() + SESSIONS_SECONDS
        looks = 0
        # Between two batches a session is idle too, so one look is not enough.
        while looks < 3:
            if time.monotonic() > deadline:
                raise RuntimeError(f"requests were still being decided {SESSIONS_SECONDS} s after the last answer")
            looks = looks + 1 if self.sql(query) == "0" else 0
            time.sleep(0.1)

    def settle_down(self):
        """Makes variants start alike: nobody at work, no vacuum under way nor due, no dead rows, a checkpoint just done."""
        self.wait_for_sessions()
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self.sql("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'autovacuum worker'") == "0":
                break
            time.sleep(0.5)
        # Not every revision has all of them, and not every benchmark the plain functions'.
        tables = self.sql(
            "SELECT string_agg(name, ', ') FROM unnest(ARRAY['public.ai_tokens', 'public.ai_token_usage_log',"
            " 'tollgate.ledger_entries', 'tollgate.idempotency_keys', 'tollgate.reservations', 'tollgate.refunds',"
            " 'bench.balances', 'bench.usage', 'bench.reservations', 'bench.refunds']) AS name"
            " WHERE to_regclass(name) IS NOT NULL")
        self.sql(f"VACUUM {tables}")
        self.sql("CHECKPOINT")
