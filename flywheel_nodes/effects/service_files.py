"""Installing a robot's stack as a service, and taking it away: steps that are shown or done."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
import os
from pathlib import Path
import pwd
import shlex
import subprocess

from flywheel_nodes.core import agent_unit
from flywheel_nodes.core.agent_unit import Agent
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.service_unit import environment_text, JOURNAL, Service, unit_text
from flywheel_nodes.effects.config_files import read_if_there

UNITS = Path('/etc/systemd/system')
SETTINGS = Path('/etc/flywheel')
JOURNAL_CONF = Path('/etc/systemd/journald@flywheel.conf')


@dataclass(frozen=True)
class Write:
    """Write a file, unless keep says that one which is there stays as it is."""

    path: Path
    text: str
    keep: bool = False


@dataclass(frozen=True)
class Remove:
    """Remove a file if it is there."""

    path: Path


@dataclass(frozen=True)
class Run:
    """Run a command; may_fail: a failure is told and not minded."""

    argv: tuple[str, ...]
    may_fail: bool = False


Step = Write | Remove | Run


def install_steps(service: Service, known_user: bool) -> list[Step]:
    """
    Return what makes the service run, now and after each boot.

    :param known_user: the service's user is there already
    """
    user, data_dir = service.user, service.data_dir
    make_user = Run(('useradd', '--system', '--home-dir', data_dir, '--no-create-home',
                     '--shell', '/usr/sbin/nologin', user))
    return [*([] if known_user else [make_user]),
            Run(('install', '-d', '-o', user, '-m', '0750', data_dir)),
            Write(SETTINGS / f'{service.robot}.env', environment_text(service), keep=True),
            Write(JOURNAL_CONF, JOURNAL, keep=True),
            Write(UNITS / service.unit, unit_text(service)),
            Run(('systemctl', 'daemon-reload')),
            Run(('systemctl', 'enable', service.unit)),
            Run(('systemctl', 'restart', service.unit))]


def check_receiver(agent: Agent, root: Path) -> None:
    """Refuse to keep a file that names another URL, which would be sent this one's token."""
    path = root / Path(agent_unit.SETTINGS).relative_to('/')
    kept = read_if_there(path)
    if kept and agent_unit.url_in(kept) != agent.url:
        raise ConfigError(f'{path} is kept and names another URL than --metrics-to: edit or '
                          'remove it, then run this again')


def agent_steps(agent: Agent) -> list[Step]:
    """Return what makes the agent run that sends the robot's metrics."""
    return [Write(Path(agent_unit.SETTINGS), agent_unit.environment_text(agent), keep=True),
            Write(Path(agent_unit.SCRAPE), agent_unit.scrape_text(agent), keep=True),
            Write(UNITS / agent_unit.UNIT, agent_unit.unit_text(agent)),
            Run(('systemctl', 'daemon-reload')),
            Run(('systemctl', 'enable', agent_unit.UNIT)),
            Run(('systemctl', 'restart', agent_unit.UNIT))]


def agent_uninstall_steps() -> list[Step]:
    """Return what takes the agent away; its queue stays in /var/lib."""
    unit = agent_unit.UNIT
    return [Run(('systemctl', 'disable', '--now', unit), may_fail=True), Remove(UNITS / unit),
            Remove(Path(agent_unit.SETTINGS)), Remove(Path(agent_unit.SCRAPE))]


def uninstall_steps(robot: str, others: Sequence[str]) -> list[Step]:
    """
    Return what takes the service away; the data and the user stay.

    :param others: units of flywheel that remain and want the journal's settings
    """
    unit = f'flywheel-{robot}.service'
    return [Run(('systemctl', 'disable', '--now', unit), may_fail=True),
            Remove(UNITS / unit), Remove(SETTINGS / f'{robot}.env'),
            *([] if others else [Remove(JOURNAL_CONF)]),
            Run(('systemctl', 'daemon-reload')),
            Run(('systemctl', 'reset-failed', unit), may_fail=True)]


def shown(step: Step) -> str:
    """Return a step as one would do it by hand."""
    if isinstance(step, Run):
        return f'$ {shlex.join(step.argv)}'
    if isinstance(step, Remove):
        return f'$ rm -f {shlex.quote(str(step.path))}'
    head = f'{step.path}' + (' (only if it is not there yet)' if step.keep else '')
    return f'# {head}\n{step.text.rstrip()}\n'


def do(steps: Sequence[Step], root: Path, say: Callable[[str], None]) -> None:
    """
    Do all steps.

    :param root: the file system to work on; below another than / no commands are run
    :raises ConfigError: for a file that cannot be written or a command that fails
    """
    for step in steps:
        if isinstance(step, Run):
            if root == Path('/'):
                _run(step, say)
        else:
            _file(step, root, say)


def _file(step: Write | Remove, root: Path, say: Callable[[str], None]) -> None:
    path = root / step.path.relative_to('/')
    try:
        if isinstance(step, Remove):
            path.unlink(missing_ok=True)
            say(f'removed {path}')
        elif step.keep and path.exists():
            say(f'kept {path}')
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(step.text, encoding='utf-8')
            say(f'wrote {path}')
    except OSError as error:
        raise ConfigError(f'{path}: {error.strerror}: run this as root, or see what it would do '
                          'with --dry-run') from None


def _run(step: Run, say: Callable[[str], None]) -> None:
    say(shown(step))
    try:
        code = subprocess.run(step.argv, check=False).returncode
    except OSError as error:
        raise ConfigError(f'{step.argv[0]}: {error.strerror}') from None
    if code and not step.may_fail:
        raise ConfigError(f'{shlex.join(step.argv)} failed with code {code}: mend it and run this '
                          'again')


def is_user(name: str) -> bool:
    """Say whether this machine knows a user."""
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def setup_file() -> str:
    """Return the ROS set-up file behind this environment, '' when ROS comes with Python."""
    places = [*os.environ.get('COLCON_PREFIX_PATH', '').split(os.pathsep),
              f'/opt/ros/{os.environ.get("ROS_DISTRO", "")}']
    files = [Path(place) / 'setup.bash' for place in places if place]
    return next((str(file) for file in files if file.is_file()), '')


def installed(root: Path) -> list[str]:
    """Return the units of flywheel that are there."""
    return sorted(path.name for path in (root / UNITS.relative_to('/')).glob('flywheel-*.service'))
