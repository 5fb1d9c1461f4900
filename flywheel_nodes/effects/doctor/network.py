"""What the network is: interfaces, routes, multicast and socket buffers."""

from collections.abc import Iterator
from pathlib import Path
import secrets
import socket
import struct

from flywheel_nodes.core.doctor import network
from flywheel_nodes.core.doctor.finding import Finding, unknown
from flywheel_nodes.core.doctor.network import Interface
from flywheel_nodes.core.robot import Native

ROUTES, INTERFACES = Path('/proc/net/route'), Path('/sys/class/net')
BUFFERS = Path('/proc/sys/net/core/rmem_max')
GROUP = '239.255.70.87'
PATIENCE_S = 0.5
LOOPBACK = 'lo'
_BY_INTERFACE = struct.Struct('@4s4si')  # struct ip_mreqn


def look(native: Native, cameras: int) -> Iterator[Finding]:
    """
    Yield what was found on the way to the robot's bus.

    :param native: where that is; with none of its own, or on this machine, the loopback counts
    """
    table = network.routes(_text(ROUTES))
    name = LOOPBACK
    if native.domain >= 0 and native.discovery != 'localhost':
        name = network.default_interface(table)
        if native.network:
            name = network.interface_of(native.network, table)
            yield network.robots_network(native.network, interface(name) if name else None)
    found = interface(name) if name else None
    if found:
        yield network.multicast(found, echo(name))
    else:
        yield unknown('multicast', 'there is no interface to try it on')
    if judged := network.buffers(_number(BUFFERS), cameras):
        yield judged


def interface(name: str, folder: Path = INTERFACES) -> Interface | None:
    """Return an interface by its name, None when it is not there."""
    flags = _text(folder / name / 'flags').strip()
    if not flags:
        return None
    # An interface that is down tells nothing of its cable.
    return Interface(name, int(flags, 16), _text(folder / name / 'carrier').strip() == '1')


def echo(name: str, patience_s: float = PATIENCE_S) -> bool:
    """Send a multicast datagram that does not leave this machine; say whether it comes back."""
    try:
        member = _BY_INTERFACE.pack(socket.inet_aton(GROUP), bytes(4),
                                    socket.if_nametoindex(name))
        with (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear,
              socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mouth):
            ear.bind((GROUP, 0))  # any free port: those of DDS lie below them
            ear.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
            ear.settimeout(patience_s)
            mouth.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, member)
            mouth.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 0)
            said = secrets.token_bytes(16)
            mouth.sendto(said, (GROUP, ear.getsockname()[1]))
            return ear.recv(64) == said
    except OSError:
        return False


def _number(path: Path) -> int | None:
    text = _text(path).strip()
    return int(text) if text.isdecimal() else None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding='ascii')
    except OSError:
        return ''
