from geometry_msgs.msg import TwistStamped
import pytest
from std_msgs.msg import String

from flywheel_nodes.adapters import sim
from flywheel_nodes.core import topics
from flywheel_nodes.effects.config_files import load_robot
from flywheel_nodes.nodes.messages import message_class, to_ns


def test_its_tables_cover_the_neutral_interface() -> None:
    state = {t.name for t in topics.TOPICS
             if t.writer == 'robot_adapter' and not t.name.startswith('camera/')}
    assert {route.neutral.name for route in sim.ADAPTER.inputs} == state


@pytest.mark.parametrize(('native', 'neutral'), [
    ('sdk', 'flywheel'), ('pendant', 'native'), ('something new', 'native')])
def test_the_owner_is_ours_only_when_the_robot_says_so(native: str, neutral: str) -> None:
    (route,) = (r for r in sim.ADAPTER.inputs if r.neutral is topics.CONTROL_OWNER)
    assert route.convert is not None
    assert route.convert(String(data=native), message_class).data == neutral


def test_stop_is_a_speed_of_zero_freshly_stamped() -> None:
    stop = sim.ADAPTER.commands[0].stop
    assert stop is not None
    message = stop(load_robot('sim'), message_class, 1_500_000_000)
    assert to_ns(message.header.stamp) == 1_500_000_000
    assert message.twist == TwistStamped().twist
