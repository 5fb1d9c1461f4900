from pathlib import Path
import subprocess
import sys

import pytest
from rosbags.typesys import get_typestore, Stores

from test.interfaces import build


@pytest.fixture(scope='module')
def built() -> Path:
    reason = build.missing()
    if reason:
        pytest.skip(reason)
    return build.prefix(['tf2_msgs'])


def test_a_package_is_built_once(built: Path) -> None:
    library = built / 'lib/libtf2_msgs__rosidl_generator_c.so'
    before = library.stat()
    assert build.prefix(['tf2_msgs']) == built
    assert library.stat().st_ino == before.st_ino
    assert not list(build.CACHE.glob('.building-*/install'))


def test_a_process_finds_it(built: Path) -> None:
    script = ('from tf2_msgs.msg import TFMessage; '
              'from rclpy.serialization import serialize_message as to; '
              'from flywheel_nodes.effects.recording import msgdefs; '
              'print(len(to(TFMessage())), msgdefs.type_hash("tf2_msgs/msg/TFMessage"))')
    done = subprocess.run([sys.executable, '-c', script], env=build.environment(built),
                          capture_output=True, text=True, check=True)
    size, type_hash = done.stdout.split()
    assert int(size) >= 8
    # That of the real tf2_msgs: names and fields are the same, comments do not count.
    assert type_hash == get_typestore(Stores.ROS2_JAZZY).hash_rihs01('tf2_msgs/msg/TFMessage')


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv('PATH', str(tmp_path))
    monkeypatch.setenv('AMENT_PREFIX_PATH', str(tmp_path))
    told = build.missing()
    assert told.startswith('interface packages cannot be built without cmake, make, c++')
    assert 'rosidl_default_generators' in told
