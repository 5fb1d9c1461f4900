"""How much of a snippet can be learned from."""

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.control import Mode
from flywheel_nodes.core.events import Outcome
from flywheel_nodes.core.recording.label import Label


def usable_s(label: Label) -> float:
    """
    Return the seconds in which a human drove in an intervention that ended well.

    Only what lies within the snippet counts. What came before the takeover does not: it shows
    what the policy should not have done.
    """
    start_ns, end_ns = label.window.start.wall_ns, label.window.end.wall_ns
    return sum(
        max(0, min(segment.end_ns, end_ns) - max(segment.start_ns, start_ns)) / SECOND
        for one in label.interventions if one.outcome == Outcome.SUCCESS
        for segment in one.segments if segment.mode == Mode.HUMAN)
