"""
The DDS profile without which some robots must not be spoken to.

Fast DDS 3 announces type information that crashes a Cyclone DDS 0.10 peer, unless a profile says
otherwise; config/dds/unitree.xml does.
"""

from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree

from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.robot import Robot
from flywheel_nodes.effects.config_files import read_text, share_dir

VARIABLE, OLD_VARIABLE = 'FASTDDS_DEFAULT_PROFILES_FILE', 'FASTRTPS_DEFAULT_PROFILES_FILE'
PROPERTY = 'fastdds.type_propagation'
FAST, CYCLONE = ('rmw_fastrtps_cpp', 'rmw_fastrtps_dynamic_cpp'), 'rmw_cyclonedds_cpp'


def path_of(robot: Robot) -> Path | None:
    """Return the profile that comes with the package for a robot, None where it needs none."""
    name = robot.native.dds_profile
    return share_dir() / 'config' / 'dds' / name if name else None


def environment(robot: Robot, environ: Mapping[str, str]) -> dict[str, str]:
    """Return what has a robot's nodes use its profile, unless another one is named already."""
    path = path_of(robot)
    if path is None or VARIABLE in environ or OLD_VARIABLE in environ:
        return {}
    return {VARIABLE: str(path)}


def check(robot: Robot, rmw: str, environ: Mapping[str, str]) -> None:
    """
    Refuse to speak to a robot in a way that may crash it.

    :param rmw: the middleware in use
    :raises ConfigError: for a middleware or profile that is not known to be safe
    """
    path = path_of(robot)
    if path is None or rmw == CYCLONE:
        return
    if rmw not in FAST:
        raise ConfigError(f'{robot.robot}: {rmw} is not known to be safe for this robot: set '
                          f'RMW_IMPLEMENTATION to {FAST[0]} or {CYCLONE}')
    used = environ.get(VARIABLE) or environ.get(OLD_VARIABLE)
    remedy = f'set {VARIABLE}={path}'
    if not used:
        raise ConfigError(f"{robot.robot}: Fast DDS without a profile may crash the robot's own "
                          f'processes: {remedy}')
    if not propagates_no_types(read_text(Path(used)), used):
        raise ConfigError(f'{robot.robot}: {used} does not disable {PROPERTY} in its default '
                          f"participant, which may crash the robot's own processes: {remedy}")


def propagates_no_types(text: str, where: str) -> bool:
    """Return whether a profile disables type propagation; raises ConfigError when it is no XML."""
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise ConfigError(f'{where}: not valid XML: {error}') from None
    default = [one for one in root.iterfind('.//{*}participant')
               if one.get('is_default_profile') == 'true']
    return any(_text(one, 'name') == PROPERTY and _text(one, 'value') == 'disabled'
               for participant in default for one in participant.iterfind('.//{*}property'))


def _text(element: ElementTree.Element, tag: str) -> str:
    return (element.findtext(f'{{*}}{tag}') or '').strip()
