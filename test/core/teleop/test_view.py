"""What clients are shown survives the way through JSON and forgets what is old."""

import json
import math

from hypothesis import given
from hypothesis import strategies as st

from flywheel_nodes.core.clock import Now, SECOND
from flywheel_nodes.core.control import Control, Gate, Mode, Verdict
from flywheel_nodes.core.events import Phase
from flywheel_nodes.core.teleop.view import Facts, from_message, SILENT_NS, to_message, View, view

CONTROL = Control(Mode.HUMAN, Gate.DEADMAN, 'ada drives', Phase.RECOVERY, 'ada', 'i1', 9)


@given(st.builds(View))
def test_round_trip_through_json(shown: View) -> None:
    if all(v is None or math.isfinite(v) for v in (shown.vx, shown.vy, shown.wz)):
        assert from_message(json.loads(json.dumps(to_message(shown)))) == shown


def test_words_of_control_verdict_and_lease() -> None:
    facts = Facts(CONTROL, 0, Verdict(False, ('seam',)), 0, (0.1, 0.0, -0.2), 0)
    shown = view(facts, 'ada', 9, Now(SECOND // 2, 77))
    assert shown == View('human', 'deadman', 'ada drives', 'ada', 'i1', 'recovery', 9, 'alarm',
                         ('seam',), 0.1, 0.0, -0.2, 'ada', 9, 77)


def test_silence_is_unknown() -> None:
    facts = Facts(CONTROL, 0, Verdict(True), 0, (0.1, 0.0, -0.2), 0)
    assert view(facts, '', 0, Now(SILENT_NS, 77)) == View(time_ns=77)


def test_a_speed_that_is_no_number_is_unknown() -> None:
    shown = view(Facts(speed=(math.nan, math.inf, 1.0)), '', 0, Now(1, 1))
    assert (shown.vx, shown.vy, shown.wz) == (None, None, 1.0)


def test_fields_of_later_relays_are_ignored() -> None:
    assert from_message({'type': 'state', 'mode': 'hold', 'new': 1}) == View('hold')
