"""What the parameters of a node mean together."""

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from flywheel_nodes.core.config import ArbiterConfig
from flywheel_nodes.core.params import walk

LIVE = {name: st.floats(spec.low, spec.high) for name, _, _, spec in walk(ArbiterConfig)
        if spec.live}


@given(st.fixed_dictionaries(LIVE))
def test_what_the_stop_bound_counts_on_is_never_live(changes: dict[str, Any]) -> None:
    assert LIVE
    assert replace(ArbiterConfig(), **changes).detection == ArbiterConfig().detection


def test_detection_is_the_longest_silence_and_a_tick() -> None:
    assert ArbiterConfig(verdict_timeout=0.5, rate=10.0).detection == 0.6
    assert ArbiterConfig(command_timeout=0.4, rate=10.0).detection == 0.5
