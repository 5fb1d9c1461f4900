"""What the doctor makes of domains, discovery and the robot's network."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from flywheel_nodes.core.doctor.finding import Finding, ok, warn, wrong
from flywheel_nodes.core.robot import Native
from flywheel_nodes.core.sizes import rough

LAST_SAFE, LAST = 101, 232
UP, MULTICAST = 0x1, 0x1000
BUFFER = 2 * 2**20
RANGE, OLD_RANGE = 'ROS_AUTOMATIC_DISCOVERY_RANGE', 'ROS_LOCALHOST_ONLY'
RANGES = ('SUBNET', 'LOCALHOST', 'OFF', 'SYSTEM_DEFAULT')


@dataclass(frozen=True)
class Route:
    """A row of the kernel's routing table; direct: its hosts are on the wire."""

    interface: str
    network: IPv4Network
    direct: bool


def routes(table: str) -> list[Route]:
    """Return the routes in the text of /proc/net/route; rows that do not read are left out."""
    found = []
    for line in table.splitlines()[1:]:
        cells = line.split()
        try:
            network = IPv4Network((_address(cells[1]), str(IPv4Address(_address(cells[7])))))
            found.append(Route(cells[0], network, int(cells[2], 16) == 0))
        except (IndexError, ValueError):
            continue
    return found


def _address(text: str) -> int:
    """Return an address that the kernel wrote in the byte order of the machine."""
    return int.from_bytes(bytes.fromhex(text)[::-1], 'big')


def interface_of(network: str, table: list[Route]) -> str:
    """Return the interface on which a network's hosts are reached directly, '' when none is."""
    wanted = IPv4Network(network)
    return next((route.interface for route in table
                 if route.direct and route.network.prefixlen and route.network.overlaps(wanted)),
                '')


def default_interface(table: list[Route]) -> str:
    """Return the interface of the default route, '' when there is none."""
    return next((route.interface for route in table if not route.network.prefixlen), '')


def domain(told: str, native: Native, fake: bool = False) -> Finding:
    """Judge our ROS_DOMAIN_ID ('' where it is not set) and the robot's own, unless it is faked."""
    number = int(told or '0') if (told or '0').isdecimal() else -1
    if not 0 <= number <= LAST:
        return wrong('domain', f'ROS_DOMAIN_ID {told!r} is none', 'set 0 to 101')
    said = f'ours is {number}' + ('' if told else ' (ROS_DOMAIN_ID is not set)')
    if number > LAST_SAFE:
        return warn('domain', f'{said}: its ports are among those that Linux gives away',
                    'set ROS_DOMAIN_ID to 0 to 101')
    if fake:
        return ok('domain', f'{said}, the fake is heard on this machine only')
    if native.domain == number:
        return warn('domain', f"{said}, and so is the robot's own bus",
                    f'set ROS_DOMAIN_ID to another one for our nodes, such as {number + 1}, to '
                    "keep them off the robot's bus")
    return ok('domain', f"{said}, {native.domain} is the robot's own" if native.domain >= 0
              else f'{said}, the robot speaks in it too')


def discovery(environ: Mapping[str, str], distro: str) -> Finding:
    """Judge where our own bus is looked for; distro: '' where it is not known."""
    humble = distro == 'humble'
    told = environ.get(OLD_RANGE if humble else RANGE, '')
    if not told:
        return ok('discovery', 'on this machine, as flywheel starts its nodes')
    if humble:
        local = told == '1'
    elif told.upper() not in RANGES or told.upper() == 'OFF':
        return wrong('discovery', f'{RANGE}={told}: no node finds another',
                     f'unset {RANGE}, or set LOCALHOST')
    else:
        local = told.upper() == 'LOCALHOST'
    if local:
        return ok('discovery', f'on this machine ({told})')
    return warn('discovery', f'{RANGE if not humble else OLD_RANGE}={told}: whoever is on the '
                'network can take part, and command', 'unset it, unless the policy or the '
                'driver runs on another computer')


@dataclass(frozen=True)
class Interface:
    """A network interface: its flags as the kernel has them, whether its cable is in."""

    name: str
    flags: int
    carrier: bool


def robots_network(network: str, interface: Interface | None) -> Finding:
    """Judge the way to the robot's own network; interface: the one it is on, None: none."""
    if interface is None:
        there = IPv4Network(network)
        free = min(there.network_address + 99, there.broadcast_address - 1)
        return wrong('network', f"no address of this machine is in {there}, the robot's network",
                     f'plug its cable in, then: ip addr add {free}/{there.prefixlen} dev '
                     'INTERFACE')
    if not (interface.flags & UP and interface.carrier):
        return wrong('network', f'{interface.name} is on {network}, but down or without a cable',
                     f'plug the cable in; ip link set {interface.name} up')
    return ok('network', f'{interface.name} is on {network}')


def multicast(interface: Interface, came_back: bool) -> Finding:
    """Judge multicast, by which robots are discovered: the flag, and a datagram to ourselves."""
    name = interface.name
    # The loopback bears no such flag, and takes multicast all the same.
    if not interface.flags & MULTICAST and name != 'lo':
        return wrong('multicast', f'{name} takes no multicast',
                     f'ip link set {name} multicast on')
    if not came_back:
        return wrong('multicast', f'a datagram sent on {name} did not come back',
                     'let multicast through: see the firewall (ufw, nft list ruleset) and '
                     f'`ip route get 239.255.0.1 oif {name}`')
    return ok('multicast', f'a datagram sent on {name} came back')


def buffers(limit: int | None, cameras: int) -> Finding | None:
    """Judge net.core.rmem_max in bytes; small ones lose frames that come over a network."""
    if limit is None or not cameras:
        return None
    if limit < BUFFER:
        return warn('socket buffers', f'net.core.rmem_max is {rough(limit)}: frames of cameras '
                    'on another computer get lost', f'sysctl -w net.core.rmem_max={4 * BUFFER}')
    return ok('socket buffers', f'net.core.rmem_max is {rough(limit)}')
