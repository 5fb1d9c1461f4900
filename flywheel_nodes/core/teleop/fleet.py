"""
One list of robots: where each can be reached.

From it come the names in certificates (`flywheel keys robot`), the web pages that a relay lets in
(Origin) and the addresses that the console may talk to (connect-src).
"""

from collections.abc import Iterable
from dataclasses import dataclass
import ipaddress
import re

from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.params import param

_LABEL = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?'
_HOST = re.compile(rf'{_LABEL}(?:\.{_LABEL})*', re.ASCII)
_ORIGIN = re.compile(rf'https?://(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9A-Fa-f:.]+\])(?::[0-9]{{1,5}})?',
                     re.ASCII)


@dataclass(frozen=True)
class Member:
    """One robot of the list."""

    name: str = param(doc='as in config/robots, which tokens name, too')
    hosts: tuple[str, ...] = param(doc='host names and addresses of its relay')
    port: int = param(8765, 'TCP port of its relay', low=1, high=65535)

    def __post_init__(self) -> None:
        """Refuse hosts that are none."""
        if not self.hosts:
            raise ConfigError(f'{self.name}: hosts: at least one name or address is needed')
        for host in self.hosts:
            if not is_address(host) and (len(host) > 253 or not _HOST.fullmatch(host)):
                raise ConfigError(f'{self.name}: hosts: {host!r} is no host name and no address')

    @property
    def places(self) -> tuple[str, ...]:
        """HOST:PORT of each host, as browsers write it."""
        return tuple(f'{_written(host)}:{self.port}' for host in self.hosts)


@dataclass(frozen=True)
class Fleet:
    """The file."""

    robots: tuple[Member, ...] = param(doc='all robots that are reached over the network')
    origins: tuple[str, ...] = param((), 'further web pages that may connect, as browsers name '
                                         'them: https://HOST[:PORT]')

    def __post_init__(self) -> None:
        """Refuse a name twice and origins that no browser would send."""
        names = [robot.name for robot in self.robots]
        if len(set(names)) < len(names):
            raise ConfigError(f'robots: a name is there twice: {", ".join(names)}')
        for origin in self.origins:
            if not _ORIGIN.fullmatch(origin):
                raise ConfigError(f'origins: {origin!r} is no origin like https://HOST:PORT')

    def member(self, name: str) -> Member:
        """Return one robot; raises ConfigError for one that is not in the list."""
        for robot in self.robots:
            if robot.name == name:
                return robot
        known = ', '.join(robot.name for robot in self.robots)
        raise ConfigError(f'{name} is not in the list of robots (known: {known})')


def is_address(host: str) -> bool:
    """Say whether a host is an IP address, not a name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def allowed_origins(fleet: Fleet) -> tuple[str, ...]:
    """Return the origins of the consoles that the robots serve, and of the further pages."""
    # Browsers leave the usual port out.
    own = (f'https://{place.removesuffix(":443")}' for place in _places(fleet.robots))
    return tuple(dict.fromkeys((*own, *fleet.origins)))


def connect_src(fleet: Fleet) -> str:
    """Return the value of connect-src with which a console reaches every robot, and only those."""
    return ' '.join(("'self'", *(f'wss://{place}' for place in _places(fleet.robots))))


def _places(robots: Iterable[Member]) -> list[str]:
    return [place for robot in robots for place in robot.places]


def _written(host: str) -> str:
    if not is_address(host):
        return host.lower()
    address = ipaddress.ip_address(host)
    return str(address) if address.version == 4 else f'[{address}]'
