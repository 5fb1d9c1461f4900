from pathlib import Path
import struct
from types import SimpleNamespace

from geometry_msgs.msg import TwistStamped
from hypothesis import given
from hypothesis import strategies as st
import pytest

from flywheel_nodes.adapters import unitree
from flywheel_nodes.adapters.base import Heard, View
from flywheel_nodes.adapters.unitree_go2 import SLOW_STATE
from flywheel_nodes.core.calls import Identities
from flywheel_nodes.core.clock import Now, SECOND
from flywheel_nodes.core.errors import WireError
from flywheel_nodes.effects.config_files import load_robot
from flywheel_nodes.nodes.messages import message_class

STICK = st.floats(-1.0, 1.0, width=32)
MOVED, HELD = unitree.remote_moved(SLOW_STATE)


def view(seconds: float = 0.0, **heard: object) -> View:
    """Return what is known at a time in s when messages came at 0."""
    return View(load_robot('unitree_go2'), message_class, Now(int(seconds * SECOND), 5),
                {name.replace('__', '/'): Heard(message, 0) for name, message in heard.items()},
                Identities(9))


def low_state(remote: bytes = bytes(40)) -> SimpleNamespace:
    return SimpleNamespace(wireless_remote=remote)


@given(lx=STICK, ly=STICK, rx=STICK, ry=STICK, keys=st.integers(0, 0xFFFF))
def test_the_remote_is_read_where_the_vendor_documents_it(
        lx: float, ly: float, rx: float, ry: float, keys: int) -> None:
    data = b'\x55\x51' + struct.pack('<H5f', keys, lx, rx, ry, 0.5, ly) + bytes(16)
    assert len(data) == 40 and unitree.remote(data) == (lx, ly, rx, ry, keys)
    used = bool(keys) or max(map(abs, (lx, ly, rx, ry))) > 0.1
    assert HELD.matters(low_state(data), view()) is used
    topic = SimpleNamespace(lx=lx, ly=ly, rx=rx, ry=ry, keys=keys)
    assert MOVED.matters(topic, view()) is used


def test_the_owner_is_native_until_a_second_after_and_unknown_without_a_remote() -> None:
    tell = unitree.owner(SLOW_STATE, (MOVED, HELD))
    quiet = low_state(b'\x55\x51' + bytes(38))
    assert tell(view(lf__lowstate=quiet)) == 'flywheel'
    assert tell(view(wirelesscontroller=object())) == 'flywheel'
    assert tell(view(lf__lowstate=low_state())) is None, 'a remote of which nothing is heard'
    assert tell(view()) is None and tell(view(1.1, lf__lowstate=quiet)) is None
    moved = {'remote in use': object(), 'lf__lowstate': quiet}
    known = View(load_robot('unitree_go2'), message_class, Now(SECOND // 2, 0),
                 {name.replace('__', '/'): Heard(one, 0) for name, one in moved.items()})
    assert tell(known) == 'native'


def test_a_request_has_an_identity_of_ours_and_others_do_not(vendor_messages: Path) -> None:
    now = view()
    first, second = unitree.request(now, 1003), unitree.request(now, 1008, {'x': 0.5})
    assert first.header.identity.id != second.header.identity.id
    assert first.parameter == '' and second.parameter == '{"x": 0.5}'
    pick = unitree.foreign(frozenset({7001}))
    assert not pick.matters(first, now)
    assert pick.matters(unitree.request(view(), 1003), View(
        now.robot, now.make, now.now, identities=Identities(8))), 'another flywheel'
    first.header.identity.id, first.header.identity.api_id = 5, 7001
    assert not pick.matters(first, now), 'a question'
    first.header.identity.api_id = 1008
    assert pick.matters(first, now)


def test_one_of_twenty_moves_wants_an_answer_and_each_stop(vendor_messages: Path) -> None:
    now = view()
    moves = [unitree.often(now, 1008, {}) for _ in range(40)]
    assert sum(unitree.asked(one) is not None for one in moves) == 2
    stop = unitree.request(now, 1003)
    assert unitree.asked(stop) == stop.header.identity.id


@pytest.mark.parametrize(('code', 'says'), [
    (0, ''), (3104, 'timeout (3104)'), (3203, 'not implemented (3203)'),
    (3205, 'lease denied (3205)'), (7302, 'loco: invalid FSM id (7302)'),
    (-7, 'error not known (-7)')])
def test_an_error_has_a_name(code: int, says: str) -> None:
    answer = SimpleNamespace(header=SimpleNamespace(
        identity=SimpleNamespace(id=4), status=SimpleNamespace(code=code)))
    assert unitree.answered(answer) == (4, says)


@pytest.mark.parametrize('bad', [float('nan'), float('inf')])
def test_a_speed_that_is_no_number_is_no_request(bad: float) -> None:
    command = TwistStamped()
    command.twist.angular.z = bad
    with pytest.raises(WireError, match='not finite'):
        unitree.speeds(command)
