"""The load generators: wrk for HTTP, pgbench for SQL, and a single patient client for an idle server."""

import contextlib
import dataclasses
import itertools
import json
import re
import socket
import statistics
import subprocess
import tempfile
import time
import urllib.parse
from pathlib import Path

from . import requests, settings

GRACE_SECONDS = 60
# It is ended before; no load outlives its program by more.
BACKGROUND_SECONDS = 300
SEEDS = itertools.count(int(time.time()) % 1_000_000 * 1_000)


@dataclasses.dataclass
class Load:
    """What a generator counted. Latencies in milliseconds, rate per second.

    `moves` is how many requests were sent that move tokens, where not all of them do.
    """

    count: int
    rate: float
    p50: float
    p99: float
    moves: int = 0


def wrk(url, targets, route, pick, connections, seconds=None):
    """Runs wrk with one thread, which leaves the other cores to the server. Any answer but success raises."""
    done = subprocess.run(
        ["wrk", "--threads=1", f"--connections={connections}", f"--duration={seconds or settings.ROUND_SECONDS}s",
         "--timeout=10s", f"--script={settings.ROOT / 'Benchmarks' / 'requests.lua'}", url, "--",
         str(targets), route, pick, str(next(SEEDS))],
        capture_output=True, text=True, stdin=subprocess.DEVNULL,
        timeout=(seconds or settings.ROUND_SECONDS) + GRACE_SECONDS)
    if done.returncode != 0:
        raise RuntimeError(f"wrk: {done.stderr.strip()} {done.stdout.strip()}")
    counted = json.loads(done.stdout.strip().splitlines()[-1])
    errors = {kind: counted[kind] for kind in ("status", "connect", "read", "write", "timeout") if counted[kind]}
    if errors or counted["requests"] == 0:
        raise RuntimeError(
            f"{route}, {pick}, {connections} connections: {counted['requests']} answers, errors {errors}")
    return Load(
        counted["requests"], counted["requests"] / counted["microseconds"] * 1e6, counted["p50"] / 1e3,
        counted["p99"] / 1e3, counted["moves"])


@contextlib.contextmanager
def background(url, targets, route, pick, connections):
    """The same load for as long as a `with` statement lasts. What is answered is not looked at."""
    load = subprocess.Popen(
        ["wrk", "--threads=1", f"--connections={connections}", f"--duration={BACKGROUND_SECONDS}s", "--timeout=10s",
         f"--script={settings.ROOT / 'Benchmarks' / 'requests.lua'}", url, "--", str(targets), route, pick,
         str(next(SEEDS))],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
        if load.poll() is not None:
            raise RuntimeError("the load ended before what was measured under it")
    finally:
        load.kill()
        load.wait()


PICKS = {
    "spread": "\\set n random(1, :organizations)\n",
    "zipf": f"\\set n random_zipfian(1, :organizations, {settings.ZIPF_EXPONENT})\n",
    "hot": "\\set n 1\n",
}
KEY = "\\set key random(1, 9223372036854775806)\n"
PLAIN_DEDUCT = (
    f"SELECT * FROM bench.deduct(md5(:n::text)::uuid, md5('user' || :n)::uuid, '{settings.TOKEN_TYPE}',"
    f" '{settings.FEATURE}', {settings.COST}, :key);\n")
STATEMENTS = {
    "plain": KEY + PLAIN_DEDUCT,
    "plain refund": KEY + PLAIN_DEDUCT + "SELECT bench.refund(md5(:n::text)::uuid, :key);\n",
    "plain reserve": KEY + (
        f"SELECT bench.reserve(md5(:n::text)::uuid, md5('user' || :n)::uuid, '{settings.TOKEN_TYPE}',"
        f" '{settings.FEATURE}', {settings.COST}, 300, :key);\n"
        "SELECT bench.capture(md5(:n::text)::uuid, :key);\n"),
    "deduct": KEY + (
        "SELECT * FROM tollgate.deduct(md5(:n::text)::uuid, md5('user' || :n)::uuid,"
        f" '{settings.FEATURE}', 1, :key);\n"),
    "read": (
        f"SELECT bench.read_balance(md5(:n::text)::uuid, '{settings.TOKEN_TYPE}');\n"),
    "select": (
        "SELECT balance FROM public.ai_tokens"
        f" WHERE organization_id = md5(:n::text)::uuid AND token_type = '{settings.TOKEN_TYPE}';\n"),
}


def pgbench(system, user, statement, pick, clients, transactions=None):
    """Runs pgbench with prepared statements over the unix socket, for a round or for so many transactions.

    Each call counts, and is a transaction of its own. The latencies of a script with two calls are those of both.
    """
    with tempfile.TemporaryDirectory(dir=system.directory) as folder:
        script = Path(folder) / "script.sql"
        script.write_text(PICKS[pick] + STATEMENTS[statement])
        extent = [f"--transactions={transactions}"] if transactions else [f"--time={settings.ROUND_SECONDS}"]
        # Of many transactions, the times of a tenth say enough, and writing them costs a tenth.
        sampling = [] if transactions else ["--sampling-rate=0.1"]
        done = subprocess.run(
            ["pgbench", "--no-vacuum", "--protocol=prepared", f"--client={clients}", f"--jobs={min(clients, 2)}",
             *extent, f"--define=organizations={settings.ORGANIZATIONS}", f"--file={script}", "--log",
             f"--log-prefix={folder}/times", *sampling],
            env=system.environment(user), capture_output=True, text=True, stdin=subprocess.DEVNULL,
            timeout=settings.ROUND_SECONDS + GRACE_SECONDS)
        failed = re.search(r"number of failed transactions: (\d+)", done.stdout)
        if done.returncode != 0 or (failed and failed.group(1) != "0"):
            raise RuntimeError(f"pgbench: {done.stderr.strip()} {done.stdout.strip()}")
        times = sorted(
            int(line.split()[2]) / 1e3
            for path in Path(folder).glob("times.*") for line in path.read_text().splitlines())
    calls = STATEMENTS[statement].count("SELECT")
    count = calls * int(re.search(r"number of transactions actually processed: (\d+)", done.stdout).group(1))
    rate = calls * float(re.search(r"tps = ([\d.]+)", done.stdout).group(1))
    return Load(count, rate, percentile(times, 50), percentile(times, 99))


def percentile(ordered, percent):
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


def one_by_one(system, count):
    """Sends deductions one after the other on one connection; the median of their times in milliseconds."""
    address = urllib.parse.urlsplit(system.url)
    times = []
    with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(count):
            request = requests.deduct(system.secret, address.netloc, 1, f"single-{next(SEEDS)}")
            started = time.perf_counter_ns()
            connection.sendall(request)
            answer = b""
            while (end := answer.find(b"\r\n\r\n")) < 0 or len(answer) < end + 4 + body_length(answer[:end]):
                received = connection.recv(65_536)
                if not received:
                    raise RuntimeError(f"the server closed the connection after {answer!r}")
                answer += received
            times.append((time.perf_counter_ns() - started) / 1e6)
            if not answer.startswith(b"HTTP/1.1 200 "):
                raise RuntimeError(f"a deduction was answered {answer!r}")
    return statistics.median(times)


def body_length(head):
    return int(re.search(rb"(?i)\r\ncontent-length: *(\d+)", head).group(1))
