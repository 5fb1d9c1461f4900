"""The processes of our nodes on this machine, by the locks of their data directory."""

from pathlib import Path
import time

import psutil

from flywheel_nodes.core.node_process import NodeProcess, ProcessState
from flywheel_nodes.effects.run_dir import domain_of, holds, pids

STATES = {psutil.STATUS_STOPPED: ProcessState.STOPPED,
          psutil.STATUS_TRACING_STOP: ProcessState.TRACED,
          psutil.STATUS_DISK_SLEEP: ProcessState.WAITS,
          psutil.STATUS_ZOMBIE: ProcessState.ENDED, psutil.STATUS_DEAD: ProcessState.ENDED}


def node_processes(data_dir: Path) -> dict[str, NodeProcess]:
    """Return the process of each node that holds its lock, or ended and is not waited for."""
    found = {}
    for node, pid in sorted(pids(data_dir).items()):
        try:
            process = psutil.Process(pid)
            state = STATES.get(process.status(), ProcessState.RUNS)
            if state is ProcessState.ENDED or holds(data_dir, node, pid):
                age_s = max(0.0, time.time() - process.create_time())
                found[node] = NodeProcess(pid, state, age_s, domain_of(data_dir, node))
        except psutil.NoSuchProcess:
            continue
    return found
