"""The process of one of our nodes, as the kernel tells of it."""

from dataclasses import dataclass

from flywheel_nodes.core.words import Word


class ProcessState(Word):
    """What the kernel does with a process; RUNS: also when it waits for something to do."""

    RUNS = 'runs'
    STOPPED = 'stopped'
    TRACED = 'held by a debugger'
    WAITS = 'waits for a device'
    ENDED = 'ended'


@dataclass(frozen=True)
class NodeProcess:
    """A process; age_s: since it was started; domain: its ROS_DOMAIN_ID."""

    pid: int
    state: ProcessState = ProcessState.RUNS
    age_s: float = 3600.0
    domain: str = ''
