# SPDX-License-Identifier: Apache-2.0
"""Runs a command and tells what it cost.

Time is what the kernel charged the process for (CPU seconds, user and system); beside it the
seconds on the wall. Memory is twice, both sampled from /proc/PID/status: `anon`, the private memory
that a small machine must really have (the peak of RssAnon), and `rss`, with the pages of files that
it mapped (VmHWM). Pages of files can be dropped and read again; private memory cannot. The peak that
wait4() tells is no use here: it counts what the process was before it became the program.
"""

import os
import subprocess
import time


class Failed(Exception):
    """The command did not do its work; the text says how it ended."""


class Cost:
    """What one or more commands in a row took: times add up, memory is that of the largest."""

    def __init__(self, cpu_s=0.0, wall_s=0.0, anon=0, rss=0):
        self.cpu_s, self.wall_s, self.anon, self.rss = cpu_s, wall_s, anon, rss

    def __add__(self, other):
        return Cost(self.cpu_s + other.cpu_s, self.wall_s + other.wall_s,
                    max(self.anon, other.anon), max(self.rss, other.rss))

    def of_same(self, other):
        """Of two runs of one command: the time without disturbance, the memory that was seen."""
        return Cost(min(self.cpu_s, other.cpu_s), min(self.wall_s, other.wall_s),
                    max(self.anon, other.anon), max(self.rss, other.rss))

    def as_json(self):
        return {"cpu_s": round(self.cpu_s, 3), "wall_s": round(self.wall_s, 3),
                "anon_bytes": self.anon, "rss_bytes": self.rss}


def memory_of(pid):
    """(private memory now, peak of all) of a process in bytes; (0, 0) when it has ended."""
    fields = {"RssAnon:": 0, "VmHWM:": 0}
    try:
        with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as status:
            for line in status:
                name, _, value = line.partition("\t")
                if name in fields:
                    fields[name] = int(value.split()[0]) * 1024
    except OSError:
        pass
    return tuple(fields.values())


def run(argv, folder, limit_s, out=None):
    """Runs argv in `folder`, its standard output to the file `out`; raises Failed."""
    with open(out or os.devnull, "wb") as stdout, open(f"{folder}/said", "w+b") as said:
        begun = time.monotonic()
        process = subprocess.Popen(argv, cwd=folder, stdin=subprocess.DEVNULL, stdout=stdout,
                                   stderr=said)
        anon = rss = 0
        while True:
            pid, status, used = os.wait4(process.pid, os.WNOHANG)
            if pid != 0:
                break
            anon, rss = map(max, (anon, rss), memory_of(process.pid))
            wall_s = time.monotonic() - begun
            if wall_s > limit_s:
                process.kill()
                os.wait4(process.pid, 0)
                process.returncode = -9
                raise Failed(f"stopped after {limit_s} s")
            # Short runs are looked at often, long ones without being disturbed.
            time.sleep(min(0.02, max(0.0005, wall_s / 200)))
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            said.seek(0)
            words = said.read()[-200:].decode("utf-8", "replace").strip().replace("\n", " ")
            raise Failed(f"{os.path.basename(argv[0])} ended with {process.returncode}: {words}")
    return Cost(used.ru_utime + used.ru_stime, time.monotonic() - begun, anon,
                rss)
