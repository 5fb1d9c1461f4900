"""
The definitions of our own: a folder beside this file is a package, its msg/ holds the messages.

Names, types and order of the fields are those of the real packages; only what the robot adapters
hear and say is here. The rest of a package follows from the messages.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
import re
import shutil

from rosbags.typesys import get_types_from_msg, get_typestore, Stores
from rosbags.typesys.store import Typestore

HERE = Path(__file__).resolve().parent
RULES = HERE / 'package.cmake'
VENDOR = ('controller_manager_msgs', 'spot_msgs', 'unitree_api', 'unitree_go', 'unitree_hg',
          'ur_dashboard_msgs')
_FOREIGN = re.compile(r'^\s*([a-z]\w*)/[A-Z]', re.MULTILINE)
_CMAKE = """\
cmake_minimum_required(VERSION 3.16)
project({name})
set(NEEDED {needed})
include("{rules}")
"""
_MANIFEST = """\
<?xml version="1.0"?>
<package format="3">
  <name>{name}</name>
  <version>0.0.1</version>
  <description>What tests need of {name}, which has no wheel.</description>
  <maintainer email="maintainers@flywheel.invalid">flywheel maintainers</maintainer>
  <license>Apache-2.0</license>
  <buildtool_depend>ament_cmake</buildtool_depend>
  <buildtool_depend>rosidl_default_generators</buildtool_depend>
  {depends}
  <exec_depend>rosidl_default_runtime</exec_depend>
  <member_of_group>rosidl_interface_packages</member_of_group>
  <export>
    <build_type>ament_cmake</build_type>
  </export>
</package>
"""


def definitions(packages: Sequence[str] = VENDOR) -> dict[str, str]:
    """Return the text of each message, by its package/msg/Type; nothing has to be built."""
    return {f'{package}/msg/{path.stem}': path.read_text(encoding='utf-8')
            for package in packages for path in messages(package)}


def typestore() -> Typestore:
    """Return rosbags' types with those of the vendors: a reading of the texts that is not ROS."""
    store = get_typestore(Stores.ROS2_KILTED)
    types = {}
    for name, text in definitions().items():
        types.update(get_types_from_msg(text, name))
    store.register(types)
    return store


def messages(package: str) -> list[Path]:
    """Return the files of a package's messages."""
    return sorted((HERE / package / 'msg').glob('*.msg'))


def write(package: str, folder: Path) -> None:
    """Write a package as colcon builds it."""
    needed = sorted(set(_needed(package)))
    depends = '\n  '.join(f'<depend>{name}</depend>' for name in needed)
    shutil.copytree(HERE / package / 'msg', folder / package / 'msg')
    (folder / package / 'CMakeLists.txt').write_text(
        _CMAKE.format(name=package, needed=' '.join(needed), rules=RULES))
    (folder / package / 'package.xml').write_text(
        _MANIFEST.format(name=package, depends=depends))


def _needed(package: str) -> Iterator[str]:
    for text in definitions([package]).values():
        yield from _FOREIGN.findall(text)
