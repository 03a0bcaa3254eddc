"""Processor time as the kernel counts it, for the benchmarks."""
import os
import pathlib

TICK = os.sysconf("SC_CLK_TCK")


def seconds_of(place):
    """User and system time of what /proc has a folder for: a process ("4711"), or a thread of it ("4711/task/4711")."""
    fields = pathlib.Path(f"/proc/{place}/stat").read_text(encoding="ascii", errors="replace").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK
