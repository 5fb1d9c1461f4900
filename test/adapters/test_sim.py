from geometry_msgs.msg import TwistStamped
import pytest
from std_msgs.msg import Bool, String

from flywheel_nodes.adapters import sim
from flywheel_nodes.adapters.base import Heard, View
from flywheel_nodes.core import topics
from flywheel_nodes.core.clock import Now, SECOND
from flywheel_nodes.effects.config_files import load_robot
from flywheel_nodes.nodes.messages import message_class, to_ns

ROBOT = load_robot('sim')
ADAPTER = sim.adapter(ROBOT)
STATES = {state.neutral: state for state in ADAPTER.states}
OURS = (topics.APPLIED_CMD_VEL, topics.APPLIED_JOINTS)


def view(now: int = 0, **heard: object) -> View:
    """Return what is known at a time in s when messages came at 0."""
    return View(ROBOT, message_class, Now(now * SECOND, 1_500_000_000),
                {f'native/{name}': Heard(message, 0) for name, message in heard.items()})


def test_its_tables_cover_the_neutral_interface() -> None:
    state = {t.name for t in topics.TOPICS if t.writer == 'robot_adapter' and t not in OURS
             and not t.name.startswith('camera/')}
    assert {one.neutral.name for one in (*ADAPTER.inputs, *ADAPTER.states)} == state


@pytest.mark.parametrize(('native', 'neutral'), [
    ('sdk', 'flywheel'), ('pendant', 'native'), ('something new', 'native')])
def test_the_owner_is_ours_only_when_the_robot_says_so(native: str, neutral: str) -> None:
    tell = STATES[topics.CONTROL_OWNER].tell
    assert tell(view(owner=String(data=native))) == neutral
    assert tell(view()) is None


def test_what_falls_silent_becomes_unknown() -> None:
    tell = STATES[topics.ESTOP].tell
    assert tell(view(estop=Bool(data=False))) is False
    assert tell(view(2, estop=Bool(data=False))) is None


def test_stop_is_a_speed_of_zero_freshly_stamped() -> None:
    stop = ADAPTER.commands[0].stop
    assert stop is not None
    message = stop(view())
    assert to_ns(message.header.stamp) == 1_500_000_000
    assert message.twist == TwistStamped().twist
