"""A ROS_DOMAIN_ID that no other run on this machine uses."""

from collections.abc import Mapping
import fcntl
import os
from pathlib import Path
import tempfile
from typing import IO

from flywheel_nodes.core.errors import ConfigError

# DDS maps domains to ports; above 101 they reach into Linux' ephemeral range.
FIRST, LAST = 20, 101


class Domain:
    """A claimed domain: free again when closed or when the process ends, however it ends."""

    def __init__(self) -> None:
        """Claim the first free domain; raises ConfigError when all are taken."""
        folder = Path(tempfile.gettempdir()) / f'flywheel-domains-{os.getuid()}'
        folder.mkdir(mode=0o700, exist_ok=True)
        for number in range(FIRST, LAST + 1):
            file = (folder / str(number)).open('a')
            if _claim(file):
                self.number, self._file = number, file
                return
            file.close()
        raise ConfigError(f'all ROS domains from {FIRST} to {LAST} are in use here: '
                          'set ROS_DOMAIN_ID, or stop other runs')

    def env(self) -> dict[str, str]:
        """Return the environment that keeps DDS in this domain and on this machine."""
        return {'ROS_DOMAIN_ID': str(self.number), **loopback(os.environ)}

    def close(self) -> None:
        """Give the domain back."""
        self._file.close()


def loopback(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what keeps discovery on this machine."""
    return discovery(environ, 'localhost')


def discovery(environ: Mapping[str, str], where: str) -> dict[str, str]:
    """Return what has peers looked for localhost, subnet or system_default; Humble differs."""
    if environ.get('ROS_DISTRO') == 'humble':
        return {'ROS_LOCALHOST_ONLY': str(int(where == 'localhost'))}
    return {'ROS_AUTOMATIC_DISCOVERY_RANGE': where.upper()}


def _claim(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
