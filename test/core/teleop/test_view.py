"""What clients are shown, which forgets what is old."""

import math

from flywheel_nodes.core.clock import Now, SECOND
from flywheel_nodes.core.control import Control, Gate, Mode, Verdict
from flywheel_nodes.core.events import Phase
from flywheel_nodes.core.teleop.answers import State
from flywheel_nodes.core.teleop.fields import LONGEST_TEXT
from flywheel_nodes.core.teleop.view import Facts, SILENT_NS, view

CONTROL = Control(Mode.HUMAN, Gate.DEADMAN, 'ada drives', Phase.RECOVERY, 'ada', 'i1', 9)


def test_words_of_control_verdict_and_lease() -> None:
    facts = Facts(CONTROL, 0, Verdict(False, ('seam',)), 0, (0.1, 0.0, -0.2), 0, cap=0.5,
                  frame_age=0.4, cap_ns=1)
    assert view(facts, 'ada', 9, Now(SECOND // 2, 77)) == State(
        mode='human', gate='deadman', reason='ada drives', operator='ada', intervention='i1',
        phase='recovery', epoch=9, monitor='alarm', alarms=('seam',), vx=0.1, vy=0.0, wz=-0.2,
        cap=0.5, frame_age=0.4, holder='ada', holder_epoch=9, time_ns=77)


def test_silence_is_unknown() -> None:
    facts = Facts(CONTROL, 1, Verdict(True), 1, (0.1, 0.0, -0.2), 1, cap_ns=1)
    assert view(facts, '', 0, Now(SILENT_NS + 1, 77)) == State(time_ns=77)


def test_a_speed_that_is_no_number_is_unknown() -> None:
    shown = view(Facts(speed=(math.nan, math.inf, 1.0)), '', 0, Now(1, 1))
    assert (shown.vx, shown.vy, shown.wz) == (None, None, 1.0)


def test_without_a_frame_its_age_is_unknown_and_a_long_reason_is_cut() -> None:
    control = Control(Mode.HOLD, Gate.STARTING, 'x' * 999)
    shown = view(Facts(control, 1, cap=0.0, cap_ns=1), '', 0, Now(2, 1))
    assert (shown.cap, shown.frame_age, len(shown.reason)) == (0.0, None, LONGEST_TEXT)
