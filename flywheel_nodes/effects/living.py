"""The processes of our nodes on this machine, by the locks of their data directory."""

from pathlib import Path
import time

import psutil

from flywheel_nodes.core.living import Living, State
from flywheel_nodes.effects.run_dir import domain_of, holds, pids

STATES = {psutil.STATUS_STOPPED: State.STOPPED, psutil.STATUS_TRACING_STOP: State.TRACED,
          psutil.STATUS_DISK_SLEEP: State.WAITS, psutil.STATUS_ZOMBIE: State.ENDED,
          psutil.STATUS_DEAD: State.ENDED}


def living(data_dir: Path) -> dict[str, Living]:
    """Return the process of each node that holds its lock, or ended and is not waited for."""
    found = {}
    for node, pid in sorted(pids(data_dir).items()):
        try:
            process = psutil.Process(pid)
            state = STATES.get(process.status(), State.RUNS)
            if state is State.ENDED or holds(data_dir, node, pid):
                found[node] = Living(pid, state, max(0.0, time.time() - process.create_time()),
                                     domain_of(data_dir, node))
        except psutil.NoSuchProcess:
            continue
    return found
