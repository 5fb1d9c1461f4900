"""Only the last message of a loop is handed out, and all of them are counted."""

from typing import Any

from sensor_msgs.msg import JointState

from flywheel_nodes.core import topics
from flywheel_nodes.core.clock import Now
from flywheel_nodes.core.errors import WireError
from flywheel_nodes.nodes.inlet import Arrival
from flywheel_nodes.nodes.shell import Shell
from test.harness import Bench

MANY = 20


class Listener:
    """Keeps what it is handed, and refuses what has no name."""

    def __init__(self, shell: Shell) -> None:
        self.metrics = shell.metrics
        self.heard: list[float] = []
        shell.subscribe(topics.JOINT_STATES, self._hear, newest=True)

    def _hear(self, message: Any, arrival: Arrival) -> None:
        if not message.name:
            raise WireError('no joint has a name')
        assert arrival.sequence in (0, len(message.position))
        self.heard.append(message.position[-1])

    def count(self, name: str) -> float:
        return self.metrics.cell(name, topic=topics.JOINT_STATES.name,
                                 node='policy_monitor').value

    def step(self, now: Now) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


def test_the_last_message_of_a_loop_is_handed_out_once(bench: Bench) -> None:
    listener = bench.start('policy_monitor', Listener)
    out = bench.probe.publisher(topics.JOINT_STATES)
    bench.until(out.get_subscription_count, 'the listener')
    for n in range(1, MANY + 1):
        bench.probe.publish(topics.JOINT_STATES, JointState(
            name=['joint'] * n, position=[float(n)] * n))
    bench.until(lambda: listener.count('topic_messages_total') == MANY, 'all of them counted')
    assert listener.heard[-1] == MANY
    assert listener.heard == sorted(set(listener.heard)), 'none twice, none out of order'
    assert len(listener.heard) < MANY
    bench.step()
    assert listener.heard[-1:] == [MANY], 'and not again without news'
    bench.probe.publish(topics.JOINT_STATES, JointState())
    bench.until(lambda: listener.count('topic_messages_rejected_total') == 1, 'a refusal')
