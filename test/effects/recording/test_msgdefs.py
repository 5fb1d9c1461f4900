import importlib
from pathlib import Path

import pytest
from rosbags.typesys import get_types_from_msg, get_typestore, Stores

from flywheel_nodes.effects.recording import msgdefs

TYPES = ('sensor_msgs/msg/JointState', 'nav_msgs/msg/Odometry', 'std_msgs/msg/Float64MultiArray',
         'diagnostic_msgs/msg/DiagnosticArray', 'sensor_msgs/msg/BatteryState',
         'trajectory_msgs/msg/MultiDOFJointTrajectory', 'std_msgs/msg/Bool')


@pytest.mark.parametrize('name', TYPES)
def test_a_definition_parses_to_the_hash_it_comes_with(name: str) -> None:
    store = get_typestore(Stores.EMPTY)
    store.register(get_types_from_msg(msgdefs.definition(name), name))
    assert store.hash_rihs01(name) == msgdefs.type_hash(name)


def test_dependencies_are_appended_once_with_separators() -> None:
    text = msgdefs.definition('nav_msgs/msg/Odometry')
    heads = [line for line in text.splitlines() if line.startswith('MSG: ')]
    assert len(heads) == len(set(heads)) == text.count('=' * 80 + '\nMSG: ')
    assert 'MSG: geometry_msgs/Quaternion' in heads


def test_types_that_are_not_installed_come_from_rosbags() -> None:
    with pytest.raises(ImportError):
        importlib.import_module('tf2_msgs')
    assert 'TransformStamped' in msgdefs.definition('tf2_msgs/msg/TFMessage')
    assert msgdefs.type_hash('tf2_msgs/msg/TFMessage').startswith('RIHS01_')


def test_an_unknown_type_has_neither() -> None:
    assert msgdefs.definition('no_such/msg/Type') == ''
    assert msgdefs.type_hash('no_such/msg/Type') == ''


def test_a_package_in_an_ament_prefix_is_found(tmp_path: Path,
                                               monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / 'share' / 'my_msgs' / 'msg'
    folder.mkdir(parents=True)
    (folder / 'Outer.msg').write_text('Inner[<=3] inner # two\nstring<=5 NAME="x"\n')
    (folder / 'Inner.msg').write_text('uint8 A=1\nbuiltin_interfaces/Time[2] at\n')
    monkeypatch.setenv('AMENT_PREFIX_PATH', str(tmp_path))
    text = msgdefs.definition('my_msgs/msg/Outer')
    assert [line for line in text.splitlines() if line.startswith('MSG')] == [
        'MSG: my_msgs/Inner', 'MSG: builtin_interfaces/Time']
