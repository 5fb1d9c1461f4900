"""The processes of our nodes on this machine, by the locks of their data directory."""

from pathlib import Path
import time

import psutil

from flywheel_nodes.core.living import Living, State
from flywheel_nodes.effects.run_dir import domain_of, pids

STATES = {psutil.STATUS_STOPPED: State.STOPPED, psutil.STATUS_TRACING_STOP: State.TRACED,
          psutil.STATUS_DISK_SLEEP: State.WAITS, psutil.STATUS_ZOMBIE: State.ENDED,
          psutil.STATUS_DEAD: State.ENDED}


def living(data_dir: Path) -> dict[str, Living]:
    """Return the process of each node that a lock names; none that is gone."""
    found = {}
    for node, pid in sorted(pids(data_dir).items()):
        try:
            process = psutil.Process(pid)
            found[node] = Living(pid, STATES.get(process.status(), State.RUNS),
                                 max(0.0, time.time() - process.create_time()),
                                 domain_of(data_dir, node))
        except psutil.NoSuchProcess:
            continue
    return found
