"""Facts about this machine, and what processes use of it, from /proc (proc(5))."""

import contextlib
import os
import subprocess
import time
from pathlib import Path

from . import settings

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
BUSY_SECONDS = 3
# Cores: what an idle machine's services use is less.
BUSY_LIMIT = 0.1


def processes():
    """Parent and CPU ticks of every process: {pid: (parent, own, of its ended children)}."""
    found = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdecimal():
            continue
        try:
            text = (folder / "stat").read_text()
        except OSError:
            continue
        # The name in parentheses may hold anything; what follows its end are single words.
        fields = text[text.rindex(")") + 2:].split()
        found[int(folder.name)] = (int(fields[1]), int(fields[11]) + int(fields[12]), int(fields[13]) + int(fields[14]))
    return found


def tree(table, root, without=None):
    """A process and its descendants, parents before their children, but for `without` and what is below it."""
    found = [root] if root in table else []
    for process in found:
        found += [child for child, facts in table.items() if facts[0] == process and child != without]
    return found


def tree_cpu_seconds(root, without=None):
    """CPU time that a process and its descendants have used, those included that have ended and were waited for.

    The descendant `without` and what is below it do not count.
    """
    table = processes()
    return sum(table[process][1] + table[process][2] for process in tree(table, root, without)) / TICKS_PER_SECOND


def signal_tree(root, number):
    """Sends a signal to a process and its descendants, those included that are made meanwhile."""
    told = set()
    while new := [process for process in tree(processes(), root) if process not in told]:
        for process in new:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, number)
        told.update(new)


def memory_megabytes(process, field):
    """`VmRSS` (now) or `VmHWM` (the most there ever was) of a process."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"process {process} has no {field}")


def total_memory_megabytes():
    """Megabytes of memory that the machine has."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 1_000_000


def busy_cores():
    """How many cores were busy in the last seconds, with nothing running that a benchmark started.

    The load average would still count the build that came before.
    """
    def busy_ticks():
        # user, nice, system, idle, iowait, irq, softirq, steal
        fields = [int(field) for field in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
        return sum(fields) - fields[3] - fields[4]

    before, started = busy_ticks(), time.monotonic()
    time.sleep(BUSY_SECONDS)
    return (busy_ticks() - before) / TICKS_PER_SECOND / (time.monotonic() - started)


def busy_line(cores):
    """A report's line about what else ran before it began."""
    warning = "; **other programs were running, so these figures are too low or uneven**" if cores > BUSY_LIMIT else ""
    return f"- cores in use before it began: {cores:.2f}{warning}"


def _line(*command):
    try:
        lines = subprocess.run(command, capture_output=True, text=True, timeout=30).stdout.strip().splitlines()
    except (OSError, subprocess.TimeoutExpired):
        return "unknown"
    return lines[0] if lines else "unknown"


def revision(tree):
    """What git calls the revision that is checked out there, `-dirty` when files differ from it."""
    return _line("git", "-C", str(tree), "describe", "--always", "--dirty", "--abbrev=12")


def facts(directory):
    """What a reader needs to know of the machine; `directory` is where the data lies."""
    information = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(":")[1].strip() for line in information if line.startswith("model name")), "unknown")
    memory = int(Path("/proc/meminfo").read_text().split()[1]) / 1024 / 1024
    return {
        "Processor": f"{os.cpu_count()} cores, {model}",
        "Memory": f"{memory:.0f} GB",
        "Kernel": os.uname().release,
        "File system of the data": _line("findmnt", "--noheadings", "--output=FSTYPE", "--target", str(directory)),
        "Revision": revision(settings.ROOT),
        "Swift": _line("swift", "--version"),
    }
