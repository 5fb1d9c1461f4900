"""What the doctor makes of our nodes: their processes, and who of them is seen and heard."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from flywheel_nodes.core.doctor.finding import Finding, ok, unknown, warn, wrong
from flywheel_nodes.core.node_process import NodeProcess, ProcessState

YOUNG_S = 15.0
CONT, KILL = 'kill -CONT', 'kill -KILL'


@dataclass(frozen=True)
class Roll:
    """
    Who is there.

    living: processes on this machine; seen: nodes that ROS tells of; heard: those that reported
    while the doctor listened; domain: the ROS_DOMAIN_ID in which it did.
    """

    living: Mapping[str, NodeProcess]
    seen: Collection[str]
    heard: Collection[str] = ()
    domain: str = ''


def nodes(expected: Sequence[str], roll: Roll, start: str) -> list[Finding]:
    """
    Judge which of our nodes are there.

    :param start: the command that starts them
    """
    missing = [name for name in expected if name not in {*roll.living, *roll.seen}]
    if len(missing) == len(expected):
        return [ok('nodes', f'none of ours runs; {start} starts them')]
    found = list(_troubled(expected, roll))
    if missing:
        found.append(warn('nodes', f'{", ".join(missing)} not running',
                          'see the log of what starts them'))
    return found or [ok('nodes', f'all {len(expected)} run and see each other')]


def silent(roll: Roll) -> set[str]:
    """Return who lives and may be expected to report, and did not, though others did."""
    able = {name for name, one in roll.living.items()
            if one.state is ProcessState.RUNS and one.age_s > YOUNG_S}
    return able - set(roll.heard) if roll.heard else set()


def missed(roll: Roll) -> set[str]:
    """Return who runs and is not seen, or not heard though others are."""
    running = {name for name, one in roll.living.items() if one.state is ProcessState.RUNS}
    return (running - set(roll.seen)) | silent(roll)


def _troubled(expected: Iterable[str], roll: Roll) -> Iterator[Finding]:
    ours = {name: roll.living[name] for name in expected if name in roll.living}
    for name, one in ours.items():
        if one.state is not ProcessState.RUNS:
            yield _halted(name, one)
    fine = {name: one for name, one in ours.items() if one.state is ProcessState.RUNS}
    lost = {name: one for name, one in fine.items() if name not in roll.seen}
    if lost and not set(roll.seen) & set(expected):
        yield _elsewhere(lost, roll)
        return
    for name, one in fine.items():
        if name in lost:
            yield _lost(name, one, roll)
        elif name in silent(roll):
            yield _hangs(name, one, 'is on the bus and says nothing')


def _halted(name: str, one: NodeProcess) -> Finding:
    who = f'{name} (pid {one.pid})'
    if one.state is ProcessState.STOPPED:
        return wrong('nodes', f'{who} is stopped (SIGSTOP)', f'{CONT} {one.pid}')
    if one.state is ProcessState.TRACED:
        return wrong('nodes', f'{who} is {one.state}', 'have the debugger go on or let go')
    if one.state is ProcessState.ENDED:
        return wrong('nodes', f'{who} has ended, and what started it has not noticed',
                     'restart what starts the nodes')
    return warn('nodes', f'{who} {one.state}: it stands still meanwhile',
                'if it stays so, see dmesg: a disk or a camera does not answer')


def _elsewhere(lost: Iterable[str], roll: Roll) -> Finding:
    there = {one.domain for one in roll.living.values() if one.domain}
    where = f' of {roll.domain}; they run in {", ".join(sorted(there))}' \
        if roll.domain and there and roll.domain not in there else ''
    return wrong('nodes', f'{", ".join(lost)} running, but not seen on the bus{where}',
                 'ROS_DOMAIN_ID, discovery range, --namespace and RMW must be those they run with')


def _lost(name: str, one: NodeProcess, roll: Roll) -> Finding:
    if one.domain and roll.domain and one.domain != roll.domain:
        return wrong('nodes', f'{name} runs in ROS_DOMAIN_ID={one.domain}, the others in '
                     f'{roll.domain}', 'start it with that of the others')
    if one.age_s <= YOUNG_S:
        return unknown('nodes', f'{name} (pid {one.pid}) starts: it is not seen yet',
                       'look again in a moment')
    return _hangs(name, one, 'lives and is not seen on the bus, where others of ours are')


def _hangs(name: str, one: NodeProcess, how: str) -> Finding:
    return wrong('nodes', f'{name} (pid {one.pid}) hangs: it {how}',
                 f'kill {one.pid}, and {KILL} {one.pid} if it is still there after 5 s; it is '
                 'started again')
