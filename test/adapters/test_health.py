from diagnostic_msgs.msg import DiagnosticStatus, KeyValue

from flywheel_nodes.adapters import health
from flywheel_nodes.adapters.base import View
from flywheel_nodes.core.clock import Now
from flywheel_nodes.effects.config_files import load_robot
from flywheel_nodes.nodes.messages import message_class, to_ns

VIEW = View(load_robot('sim'), message_class, Now(0, 1_500_000_000))


def test_a_status_says_what_is_wrong() -> None:
    fine = health.status(VIEW, 'motors', (('power', 'on'),))
    assert (fine.level, fine.message) == (DiagnosticStatus.OK, '')
    assert fine.values == [KeyValue(key='power', value='on')]
    bad = health.status(VIEW, 'motors', (), 'in error')
    assert (bad.level, bad.message, bad.hardware_id) == (DiagnosticStatus.WARN, 'in error', 'sim')


def test_statuses_are_one_message_stamped_now() -> None:
    statuses = [health.status(VIEW, name, ()) for name in ('a', 'b')]
    message = health.diagnostics(statuses, VIEW)
    assert [status.name for status in message.status] == ['a', 'b']
    assert to_ns(message.header.stamp) == 1_500_000_000
