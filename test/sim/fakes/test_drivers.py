import math
from typing import Any

from geometry_msgs.msg import Twist, TwistStamped
import pytest

from flywheel_nodes.core.errors import WireError
from flywheel_nodes.nodes.inlet import Arrival
from flywheel_nodes.nodes.messages import to_time
from flywheel_nodes.sim.fakes.drivers import speeds

SECOND = 1_000_000_000
NOW = 100 * SECOND
ARRIVAL = Arrival(0, NOW, NOW, 1, b'', 0)


def stamped(vx: float, at: float) -> TwistStamped:
    message = TwistStamped()
    message.header.stamp, message.twist.linear.x = to_time(int(at * SECOND)), vx
    return message


@pytest.mark.parametrize('message', [stamped(0.5, 99.6), stamped(0.5, 0.0), stamped(0.5, 101.0)])
def test_a_stamp_is_of_now_absent_or_ahead(message: TwistStamped) -> None:
    assert speeds(message, ARRIVAL) == (0.5, 0.0)


def test_a_twist_has_no_age() -> None:
    message = Twist()
    message.linear.x, message.angular.z = 0.1, 0.2
    assert speeds(message, ARRIVAL) == (0.1, 0.2)


@pytest.mark.parametrize(('message', 'because'), [
    (stamped(0.5, 99.4), r'stamped 0\.60 s ago'), (stamped(math.nan, 0.0), 'not finite')])
def test_what_a_driver_refuses(message: Any, because: str) -> None:
    with pytest.raises(WireError, match=because):
        speeds(message, ARRIVAL)
