"""`make bench-soak`: minutes of deductions, half of the time against a report that holds a snapshot."""

import datetime
import signal
import subprocess
import sys

from . import generators, loading, machine, requests, settings
from .report import table
from .system import System

CONNECTIONS = 64
# Consecutive slices with the report, then as many without.
REPORT_SLICES = 2
REPORT = """
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT feature_used, count(*), sum(tokens_deducted), count(DISTINCT organization_id)
FROM public.ai_token_usage_log
GROUP BY feature_used;
"""


class Report:
    """A session that reads the whole log and then keeps its snapshot, as reports and dumps do."""

    def __init__(self, system):
        self.session = subprocess.Popen(
            system.psql(), env=system.environment(), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        self.session.stdin.write(REPORT)
        self.session.stdin.flush()

    def end(self):
        if self.session.poll() is not None:
            raise RuntimeError("the report's session ended by itself: psql's message is above")
        # What it still runs is finished first; then the end of its input ends the transaction.
        self.session.communicate(timeout=600)


def run():
    busy = machine.busy_cores()
    count = max(2, settings.SOAK_SECONDS // settings.SOAK_SLICE_SECONDS)
    with System() as system:
        loading.load(system, settings.ORGANIZATIONS)
        targets = system.directory / "targets"
        requests.write_targets(targets, system.secret, settings.ORGANIZATIONS)
        generators.wrk(system.url, targets, "deduct", "mixed", CONNECTIONS, seconds=2)
        system.settle_down()
        memory = [machine.memory_megabytes(system.process.pid, "VmRSS")]
        slices = []
        report = None
        try:
            for index in range(count):
                holds = index // REPORT_SLICES % 2 == 1
                if holds and report is None:
                    report = Report(system)
                elif not holds and report is not None:
                    report.end()
                    report = None
                load = generators.wrk(
                    system.url, targets, "deduct", "mixed", CONNECTIONS, seconds=settings.SOAK_SLICE_SECONDS)
                memory.append(machine.memory_megabytes(system.process.pid, "VmRSS"))
                slices.append((holds, load))
                print(f"{(index + 1) * settings.SOAK_SLICE_SECONDS} s{', with report' if holds else ''}:"
                      f" {load.rate:,.0f} /s, p99 {load.p99:.2f} ms, {memory[-1]:.1f} MB", file=sys.stderr)
        finally:
            if report is not None:
                report.session.stdin.close()
                report.session.wait(600)
        peak = machine.memory_megabytes(system.process.pid, "VmHWM")
        violations = system.verify()
        facts = machine.facts(system.directory) | system.facts()
    path = write(slices, memory, peak, violations, facts, busy)
    print(path.read_text())
    return 1 if violations else 0


def write(slices, memory, peak, violations, facts, busy):
    seconds = settings.SOAK_SLICE_SECONDS
    today = datetime.date.today().isoformat()
    rows = [(f"{index * seconds} to {(index + 1) * seconds} s", "holds a snapshot" if holds else "",
             f"{load.rate:,.0f}", f"{load.p50:.2f}", f"{load.p99:.2f}", f"{memory[index + 1]:.1f}")
            for index, (holds, load) in enumerate(slices)]
    lines = [f"# Soak of {today}", ""]
    if settings.QUICK:
        lines += ["**QUICK: a try of the scripts. These figures say nothing.**", ""]
    lines += [
        f"By `make bench-soak`: deductions over {CONNECTIONS} connections, every other one of the same balance and the"
        f" rest spread over {settings.ORGANIZATIONS:,} organizations; {len(slices)} slices of {seconds} s. Every answer"
        " was a success.", "",
        *table(("time", "report", "per second", "p50 ms", "p99 ms", "server's memory MB"), rows), ""]
    for label, wanted in (("without the report", False), ("with the report", True)):
        chosen = [load for holds, load in slices if holds == wanted]
        if chosen:
            lines.append(
                f"- {label}: {sum(load.rate for load in chosen) / len(chosen):,.0f} a second on average, slowest slice"
                f" {min(load.rate for load in chosen):,.0f}, worst p99 {max(load.p99 for load in chosen):.2f} ms")
    lines += [
        f"- the server's memory: {memory[0]:.1f} MB at the start, {memory[-1]:.1f} MB at the end, at most {peak:.1f} MB",
        f"- `tollgate verify` at the end: {'nothing violated' if not violations else '**violated**'}",
        machine.busy_line(busy),
        *[f"- {name}: {value}" for name, value in facts.items()], *[f"- violation: {line}" for line in violations[:50]]]
    settings.RESULTS.mkdir(parents=True, exist_ok=True)
    path = settings.RESULTS / f"{today}-soak.md"
    path.write_text("\n".join(lines) + "\n")
    return path


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(run())
