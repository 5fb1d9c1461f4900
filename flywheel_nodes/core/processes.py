"""
The processes on a robot, one row each.

launch/robot.launch.py and `flywheel up` are both made from this table. Why separate processes: the
arbiter alone may move the robot and does nothing else, the relay faces the network and can only
ask, and a crash of one leaves the others running.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from flywheel_nodes.core import config
from flywheel_nodes.core.errors import ConfigError


@dataclass(frozen=True)
class Process:
    """
    One process: node name = executable name = module in flywheel_nodes.

    only: robots on which it runs, () for all; fake: it also runs beside a robot that is faked.
    """

    name: str
    module: str
    config: type[config.Common]
    meaning: str
    only: tuple[str, ...] = ()
    fake: bool = False


NOWHERE = ('',)

PROCESSES: tuple[Process, ...] = (
    Process('sim_robot', 'flywheel_nodes.sim.sim_robot', config.SimRobotConfig,
            'the embedded robot, speaking its native topics', only=('sim',)),
    Process('fake_robot', 'flywheel_nodes.sim.fake_robot', config.FakeRobotConfig,
            'stands in for a robot that is not there, speaking its native topics',
            only=NOWHERE, fake=True),
    Process('robot_adapter', 'flywheel_nodes.nodes.robot_adapter', config.AdapterConfig,
            'native topics to neutral ones and back'),
    Process('control_arbiter', 'flywheel_nodes.nodes.control_arbiter', config.ArbiterConfig,
            'decides who drives; the only publisher of robot/*'),
    Process('policy_monitor', 'flywheel_nodes.nodes.policy_monitor', config.MonitorConfig,
            'watches what the policy puts out'),
    Process('snippet_recorder', 'flywheel_nodes.nodes.snippet_recorder', config.RecorderConfig,
            'keeps the last half minute and writes snippets'),
    Process('teleop_relay', 'flywheel_nodes.nodes.teleop_relay', config.RelayConfig,
            'lets operators in'),
    Process('health_exporter', 'flywheel_nodes.nodes.health_exporter', config.ExporterConfig,
            'serves /metrics, /livez and /readyz'),
    Process('policy', 'flywheel_nodes.sim.policy', config.PolicyConfig,
            'the embedded policy', only=('sim',), fake=True),
)


def processes_for(robot: str, fake: bool = False) -> tuple[Process, ...]:
    """Return the processes that run on a robot, or beside one that is faked."""
    return tuple(p for p in PROCESSES if not p.only or robot in p.only or (fake and p.fake))


def running(robot: str, without: Iterable[str], fake: bool = False) -> tuple[Process, ...]:
    """
    Return the processes that run on a robot, some of them left out.

    :param fake: the robot is not there, and the embedded policy drives its fake
    :raises ConfigError: for a name that no process has
    """
    absent = set(without)
    for name in sorted(absent - {process.name for process in PROCESSES}):
        raise ConfigError(f'without: {name!r} is no process: there are '
                          f'{", ".join(process.name for process in PROCESSES)}')
    return tuple(process for process in processes_for(robot, fake)
                 if process.name not in absent)


def names(text: str) -> tuple[str, ...]:
    """Return the names in a text, with spaces or commas in between."""
    return tuple(text.replace(',', ' ').split())
