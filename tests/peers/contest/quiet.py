"""Did other programs use the cores while something was timed?"""

import os
import resource
import time

MOST_FOREIGN = 0.05  # of the cores' time, used by others: above it a run is taken again
TICKS = os.sysconf("SC_CLK_TCK")


def seconds_of_all():
    """CPU time of all programs."""
    with open("/proc/stat") as f:
        fields = [int(n) for n in f.readline().split()[1:9]]
    user, nice, system, _, _, irq, softirq, steal = fields
    return (user + nice + system + irq + softirq + steal) / TICKS


def seconds_of(process):
    """CPU time of a process that is still there, and of its children that are not."""
    with open(f"/proc/{process}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return sum(map(int, fields[11:15])) / TICKS


def undisturbed(run, processes, tries):
    """Calls run() until others left the cores alone; its quietest result and their share.

    Ours is this process, its children that ended meanwhile and the lasting `processes`.
    """
    def ours():
        own = sum(u.ru_utime + u.ru_stime for u in map(resource.getrusage, (
            resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))
        return own + sum(map(seconds_of, processes))

    best = None
    for _ in range(tries):
        before, started = seconds_of_all() - ours(), time.monotonic()
        result = run()
        foreign = seconds_of_all() - ours() - before
        share = max(0.0, foreign) / ((time.monotonic() - started) * os.cpu_count())
        if best is None or share < best[1]:
            best = result, share
        if share <= MOST_FOREIGN:
            break
    return best
