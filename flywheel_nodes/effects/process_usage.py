"""What the processes of our nodes take: CPU, memory, open files, threads."""

from itertools import islice
from pathlib import Path

import psutil

from flywheel_nodes.core.health.labels import tidy
from flywheel_nodes.core.metrics import Readings
from flywheel_nodes.effects.run_dir import holds, pids

MOST = 64
METRICS = ('process_cpu_seconds_total', 'process_resident_memory_bytes', 'process_open_fds',
           'process_threads')


class ProcessUsage:
    """The processes that hold the locks of a data directory."""

    def __init__(self, data_dir: Path) -> None:
        """Begin without any."""
        self._data_dir = data_dir
        self._known: dict[str, psutil.Process] = {}

    def read(self) -> Readings:
        """Return what each takes; one that has ended is left out."""
        named = islice(sorted(pids(self._data_dir).items()), MOST)
        found = {node: self._process(node, pid) for node, pid in named}
        self._known = {node: process for node, process in found.items() if process}
        usage = {(tidy(node),): _usage(process) for node, process in self._known.items()}
        return {name: {labels: row[name] for labels, row in usage.items() if row}
                for name in METRICS}

    def _process(self, node: str, pid: int) -> psutil.Process | None:
        known = self._known.get(node)
        if known and known.pid == pid and known.is_running():
            return known
        try:
            return psutil.Process(pid) if holds(self._data_dir, node, pid) else None
        except psutil.NoSuchProcess:
            return None


def _usage(process: psutil.Process) -> dict[str, float]:
    """Return the value of each of METRICS, none when the process has ended meanwhile."""
    try:
        with process.oneshot():
            times = process.cpu_times()
            return {'process_cpu_seconds_total': times.user + times.system,
                    'process_resident_memory_bytes': float(process.memory_info().rss),
                    'process_open_fds': float(process.num_fds()),
                    'process_threads': float(process.num_threads())}
    except psutil.Error:
        return {}
