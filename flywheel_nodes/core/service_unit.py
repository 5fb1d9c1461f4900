"""
The files that make a robot's stack a systemd service, as text.

One unit per robot that runs `flywheel up`: the supervisor knows which process may be started again
and when to give up, all of it lives and dies in one control group, and the watchdog has one place
to look at. CPUs and nice levels of single processes are parameters (cpus, nice).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
import re

from flywheel_nodes.core.errors import ConfigError

MIB = 2**20
PROCESS_MEMORY = 160 * MIB  # the largest was measured at 70 besides its buffers
_NAME = re.compile(r'[A-Za-z0-9][A-Za-z0-9_.-]{0,63}', re.ASCII)
_PLAIN = re.compile(r'[A-Za-z0-9_./:=+@,-]+', re.ASCII)
# None: the line is left out; '': the list is emptied.
Pairs = list[tuple[str, str | None]]


@dataclass(frozen=True)
class Service:
    """
    What one unit is made from.

    command: `flywheel up ...`, absolute; setup: the ROS set-up file to source before, or '';
    memory: bytes after which the kernel ends a process; nice: the lowest level asked for;
    cpus: of the whole stack, '' for all; domain: ROS_DOMAIN_ID.
    """

    robot: str
    user: str
    data_dir: str
    command: tuple[str, ...]
    setup: str = ''
    memory: int = 2**31
    nice: int = 0
    cpus: str = ''
    domain: int = 0

    def __post_init__(self) -> None:
        """Refuse names that systemd would read otherwise."""
        for what, name in (('robot', self.robot), ('user', self.user)):
            if not _NAME.fullmatch(name):
                raise ConfigError(f'{what}: {name!r} cannot name a service or a user: letters, '
                                  'digits, _ . and - are allowed')

    @property
    def unit(self) -> str:
        """The name of the unit."""
        return f'flywheel-{self.robot}.service'


def memory_for(processes: int, buffers: int) -> int:
    """Return a bound for all processes; buffers: what the recorder may hold, in bytes."""
    return -(-(processes * PROCESS_MEMORY + buffers) // MIB) * MIB


def unit_text(service: Service) -> str:
    """Return the unit."""
    return sections_text({
        'Unit': _unit(service), 'Service': _service(service) + HARDENING,
        'Install': [('WantedBy', 'multi-user.target')]})


def sections_text(sections: Mapping[str, Pairs]) -> str:
    """Return the sections of a unit as systemd reads them."""
    return '\n'.join(line for title, pairs in sections.items() for line in (
        f'[{title}]', *(f'{key}={value}' for key, value in pairs if value is not None), ''))


def _unit(service: Service) -> Pairs:
    return [('Description', f'flywheel on robot {service.robot}'),
            # Snippets are stamped with the wall clock: have it set before.
            ('After', 'network-online.target time-sync.target'),
            ('Wants', 'network-online.target time-sync.target'),
            ('StartLimitIntervalSec', '300'), ('StartLimitBurst', '10')]


def _service(service: Service) -> Pairs:
    return [('Type', 'notify'), ('NotifyAccess', 'main'), ('User', service.user),
            ('EnvironmentFile', f'-/etc/flywheel/{service.robot}.env'),
            ('Environment', quoted(f'HOME={service.data_dir}')),
            ('WorkingDirectory', escaped(service.data_dir)),
            ('ExecStart', ' '.join(map(argument, sourced(service)))),
            ('Restart', 'on-failure'), ('RestartSec', '2'),
            ('RestartPreventExitStatus', '2'),  # a bad configuration stays bad
            ('WatchdogSec', '10'), ('TimeoutStartSec', '90'), ('TimeoutStopSec', '10'),
            ('KillMode', 'mixed'), ('OOMPolicy', 'continue'),
            ('MemoryMax', str(service.memory)), ('TasksMax', '512'),
            ('CPUAffinity', service.cpus.replace(',', ' ') or None),
            ('LimitNICE', f'{service.nice}' if service.nice < 0 else None),
            ('LogNamespace', 'flywheel'),
            ('ReadWritePaths', quoted(service.data_dir)),
            # Whoever takes the relay over shall not be able to sign tokens.
            ('InaccessiblePaths', quoted(f'-{service.data_dir}/keys/operator.pem'))]


HARDENING: Pairs = [
    ('UMask', '0027'), ('NoNewPrivileges', 'yes'), ('CapabilityBoundingSet', ''),
    ('ProtectSystem', 'strict'), ('ProtectHome', 'read-only'), ('PrivateTmp', 'yes'),
    ('PrivateDevices', 'yes'), ('ProtectClock', 'yes'), ('ProtectControlGroups', 'yes'),
    ('ProtectHostname', 'yes'), ('ProtectProc', 'invisible'), ('ProtectKernelLogs', 'yes'),
    ('ProtectKernelModules', 'yes'), ('ProtectKernelTunables', 'yes'),
    ('LockPersonality', 'yes'), ('RestrictNamespaces', 'yes'), ('RestrictRealtime', 'yes'),
    ('RestrictSUIDSGID', 'yes'),
    ('RestrictAddressFamilies', 'AF_UNIX AF_INET AF_INET6 AF_NETLINK'),
    ('SystemCallArchitectures', 'native'), ('SystemCallFilter', '@system-service')]


def sourced(service: Service) -> Sequence[str]:
    """Return the command with the ROS set-up file sourced before it."""
    if not service.setup:
        return service.command
    return ('/bin/bash', '-c', 'source "$0" && exec "$@"', service.setup, *service.command)


def argument(text: str) -> str:
    """Return one word of a command line as systemd reads it back."""
    return quoted(text.replace('$', '$$'))


def quoted(text: str) -> str:
    """Return one word of a list as systemd reads it back."""
    text = escaped(text)
    if _PLAIN.fullmatch(text):
        return text
    return '"' + text.replace('\\', '\\\\').replace('"', '\\"') + '"'


def escaped(text: str) -> str:
    """Return a value in which systemd finds no specifier; raises ConfigError for line breaks."""
    if not text.isprintable():
        raise ConfigError(f'{text!r} cannot be part of a service: it holds a control character')
    return text.replace('%', '%%')


def environment_text(service: Service) -> str:
    """Return the file in which an administrator sets the service's environment."""
    return (f'# The environment of {service.unit}; `systemctl restart` it after a change.\n'
            '# One domain per robot; discovery stays on this machine (LOCALHOST) or its subnet.\n'
            f'ROS_DOMAIN_ID={service.domain}\n'
            'ROS_AUTOMATIC_DISCOVERY_RANGE=LOCALHOST\n'
            '#RMW_IMPLEMENTATION=rmw_fastrtps_cpp\n')


JOURNAL = ('# The log of all flywheel services: journalctl --namespace=flywheel\n'
           '[Journal]\n'
           'Storage=persistent\n'
           'SystemMaxUse=500M\n'
           'SystemKeepFree=1G\n'
           'MaxRetentionSec=1month\n'
           'RateLimitIntervalSec=30s\n'
           'RateLimitBurst=10000\n')
