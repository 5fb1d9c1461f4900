"""What the doctor makes of strangers on topics that only one node of ours may publish."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from flywheel_nodes.core import topics
from flywheel_nodes.core.doctor.finding import Finding, wrong

MOST_TOPICS, MOST_COMMAND = 4, 100
LOOK = '`ps -eo pid,lstart,args --sort=start_time`'
NOT_PASSED_ON = "its commands are not passed on by robot_adapter; only what is sent to the " \
                "robot's own bus is"
MEANINGS = {
    topics.ROBOT_CMD_VEL.name: NOT_PASSED_ON,
    topics.ROBOT_JOINTS.name: NOT_PASSED_ON,
    topics.TELEOP_COMMAND.name: 'its commands are refused, all but stop',
    topics.VERDICT.name: 'its leave does not let the policy drive, its refusal holds it'}
TAKEN = "who listens takes what it says for that node's"


@dataclass(frozen=True, order=True)
class Rival:
    """
    A node that publishes what another one alone may publish.

    name: in full; pid and command: of its process, 0 and '' where they are not certain.
    """

    name: str
    pid: int = 0
    command: str = ''

    def __str__(self) -> str:
        """Return its name, and its process where that is known."""
        if not self.pid:
            return self.name
        cut = self.command if len(self.command) <= MOST_COMMAND else \
            f'{self.command[:MOST_COMMAND]}...'
        return f'{self.name} (pid {self.pid}: {cut})'


@dataclass(frozen=True)
class Contested:
    """A guarded topic, the only node that may publish it, and who does nevertheless."""

    topic: str
    owner: str
    rivals: tuple[Rival, ...]


def competitors(found: Iterable[Contested]) -> list[Finding]:
    """Return one finding for all topics that the same rivals contest with the same meaning."""
    groups: dict[tuple[tuple[Rival, ...], str, str], list[str]] = {}
    for one in found:
        meaning = MEANINGS.get(one.topic, TAKEN)
        groups.setdefault((one.rivals, one.owner, meaning), []).append(one.topic)
    return [_finding(names, owner, rivals, meaning)
            for (rivals, owner, meaning), names in groups.items()]


def _finding(names: Sequence[str], owner: str, rivals: Sequence[Rival], meaning: str) -> Finding:
    more = len(names) - MOST_TOPICS
    shown = ', '.join(names[:MOST_TOPICS]) + (f' and {more} more' if more > 0 else '')
    return wrong('competitor', f'{shown}: published by {", ".join(map(str, rivals))}, which only '
                 f'{owner} may; {meaning}', _remedy(names, rivals))


def _remedy(names: Sequence[str], rivals: Sequence[Rival]) -> str:
    known = sorted({rival.pid for rival in rivals if rival.pid})
    end = [f'kill {" ".join(map(str, known))}'] if known else []
    if not all(rival.pid for rival in rivals):
        end.append(f'look for it with {LOOK}, in containers and on other machines of this '
                   'ROS_DOMAIN_ID, too, and end it')
    elsewhere = '; what shall drive publishes policy/cmd_vel instead' \
        if topics.ROBOT_CMD_VEL.name in names else ''
    return ', '.join(end) + elsewhere
