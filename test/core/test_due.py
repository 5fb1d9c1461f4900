from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.due import Due


def test_it_is_due_at_once_then_once_a_period_and_skips_what_was_missed() -> None:
    work = Due(0.5)
    times = [7, SECOND // 2, SECOND // 2 + 7, SECOND, 5 * SECOND, 5 * SECOND + 1, 6 * SECOND]
    assert [work.due(now) for now in times] == [True, False, True, False, True, False, True]
