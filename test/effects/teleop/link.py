"""A link that counts as fast, however slow the machine is that runs the tests."""

import pytest

from flywheel_nodes.core.teleop import video_rate


def never_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have pictures keep the step they have."""
    for bound in ('HIGH_NS', 'JAM_NS'):
        monkeypatch.setattr(video_rate, bound, 1 << 62)
