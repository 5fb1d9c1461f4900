"""What of a snippet can be learned from."""

from hypothesis import given
from hypothesis import strategies as st
import pytest

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.control import Mode
from flywheel_nodes.core.events import Outcome
from flywheel_nodes.core.recording.label import (
    InterventionInfo,
    Label,
    Moment,
    Provenance,
    RobotInfo,
    Segment,
    WindowInfo,
)
from flywheel_nodes.core.recording.usable import usable_s

START, END = 100 * SECOND, 130 * SECOND


def label(*interventions: InterventionInfo) -> Label:
    window = WindowInfo(Moment(START, 0), Moment(START, 0), Moment(END, 0), 15.0, 5.0)
    return Label('i', 'n', RobotInfo('r'), 't', (), window, Provenance('0'),
                 interventions=interventions)


def segment(mode: Mode, start_s: float, end_s: float) -> Segment:
    return Segment(mode, 'correction', 'none', int(start_s * SECOND), int(end_s * SECOND))


def intervention(outcome: str, *segments: Segment) -> InterventionInfo:
    return InterventionInfo('x', outcome=outcome, segments=segments)


def test_only_a_human_who_drove_within_the_snippet_counts() -> None:
    one = intervention(
        Outcome.SUCCESS, segment(Mode.POLICY, 90, 105), segment(Mode.HOLD, 105, 107),
        segment(Mode.HUMAN, 107, 111.5), segment(Mode.HUMAN, 128, 140))
    assert usable_s(label(one)) == pytest.approx(4.5 + 2)


@pytest.mark.parametrize('outcome', [one for one in Outcome if one is not Outcome.SUCCESS])
def test_what_did_not_end_well_teaches_nothing(outcome: Outcome) -> None:
    assert usable_s(label(intervention(outcome, segment(Mode.HUMAN, 105, 110)))) == 0


@given(st.lists(st.tuples(st.floats(0, 200), st.floats(0, 200)), max_size=5))
def test_it_is_never_less_than_nothing(spans: list[tuple[float, float]]) -> None:
    one = intervention(Outcome.SUCCESS, *(segment(Mode.HUMAN, *span) for span in spans))
    assert 0 <= usable_s(label(one)) <= 30 * max(1, len(spans))
