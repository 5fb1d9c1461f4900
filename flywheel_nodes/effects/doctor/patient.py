"""Whom the doctor looks at, and all that can be looked at without ROS."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from flywheel_nodes.core.config import AdapterConfig, Common, RecorderConfig
from flywheel_nodes.core.doctor import network as judge
from flywheel_nodes.core.doctor.finding import Finding, ok, refused
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.processes import running
from flywheel_nodes.core.robot import Native, native_of, Robot
from flywheel_nodes.effects import dds_profile
from flywheel_nodes.effects.bring_up import checked, Wanted
from flywheel_nodes.effects.config_files import default_data_dir, load_robot
from flywheel_nodes.effects.doctor import disk, machine, middleware, network, relay
from flywheel_nodes.effects.domains import loopback
from flywheel_nodes.effects.run_dir import domain_of, is_up

FAKE, DOMAIN = 'fake_robot', 'ROS_DOMAIN_ID'


@dataclass(frozen=True)
class Patient:
    """
    A robot's stack on this machine, as it runs or would be started.

    environ: of its nodes; told: of the command itself; configs: by process, none where they are
    wrong; configuration: what is to be said of them; up: the processes that live.
    """

    wanted: Wanted
    robot: Robot
    data_dir: Path
    environ: Mapping[str, str]
    told: Mapping[str, str]
    configs: Mapping[str, Common]
    configuration: Finding
    up: frozenset[str]

    @property
    def embedded(self) -> bool:
        """Whether the robot is the embedded one, which runs with the stack."""
        return self.robot.robot == 'sim'

    @property
    def played(self) -> bool:
        """Whether there is no robot but one that is played on this machine."""
        return self.embedded or self.wanted.fake

    @property
    def processes(self) -> tuple[str, ...]:
        """The names of all processes there should be."""
        return tuple(one.name for one in running(self.robot.robot, (), self.wanted.fake))

    @property
    def native(self) -> Native:
        """Where the robot's own topics are."""
        config = self.configs.get('robot_adapter')
        return (native_of(self.robot.native, config) if isinstance(config, AdapterConfig)
                else self.robot.native)


def meet(wanted: Wanted, environ: Mapping[str, str]) -> Patient:
    """Return whom to look at; raises ConfigError for a robot whose file cannot be read."""
    robot = load_robot(wanted.robot)
    data_dir = Path(wanted.data_dir or default_data_dir(wanted.robot)).absolute()
    wanted = replace(wanted, fake=is_up(data_dir, FAKE))
    domain = environ.get(DOMAIN) or domain_of(data_dir)
    nodes = {**loopback(environ), **environ, **dds_profile.environment(robot, environ),
             **({DOMAIN: domain} if domain else {})}
    configs, configuration = _configured(wanted)
    up = frozenset(one.name for one in running(robot.robot, (), wanted.fake)
                   if is_up(data_dir, one.name))
    return Patient(wanted, robot, data_dir, nodes, environ, configs, configuration, up)


def _configured(wanted: Wanted) -> tuple[Mapping[str, Common], Finding]:
    try:
        plan = checked(wanted)
    except ConfigError as error:
        return {}, refused('configuration', error)
    return plan.configs, ok('configuration', f'`flywheel up` accepts it: {len(plan.commands)} '
                                             f'processes for {plan.robot}')


def look(patient: Patient) -> Iterator[Finding]:
    """Yield what was found on this machine."""
    yield from machine.look(patient.configs)
    recorder = patient.configs.get('snippet_recorder')
    yield from disk.look(patient.data_dir, recorder if isinstance(recorder, RecorderConfig)
                         else RecorderConfig())
    yield patient.configuration
    yield from relay.look(patient.data_dir, patient.configs, patient.played)
    yield middleware.rmw(patient.environ)
    yield middleware.profile(patient.robot, patient.environ)
    yield _domain(patient)
    yield judge.discovery(patient.told, patient.told.get('ROS_DISTRO', ''))
    yield from network.look(Native() if patient.played else patient.native,
                            len(patient.robot.cameras))


def _domain(patient: Patient) -> Finding:
    told = patient.environ.get(DOMAIN, '')
    if patient.played and not told:
        return ok('domain', '`flywheel up` takes one that is free on this machine')
    return judge.domain(told, patient.native, patient.wanted.fake)
