"""Instant vectors of Prometheus are read, anything else is refused in one line."""

import pytest

from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.fleet.answers import Answer, answers


def test_what_prometheus_says_is_read() -> None:
    assert answers([{'metric': {'robot': 'a'}, 'value': [1.0, '3.5']}]) == [
        Answer({'robot': 'a'}, 3.5)]


@pytest.mark.parametrize('said', [None, 3, [3], [{}], [{'metric': {}, 'value': ['1']}],
                                  [{'metric': {}, 'value': [1, 'x']}]])
def test_anything_else_is_refused(said: object) -> None:
    with pytest.raises(ConfigError, match='no Prometheus'):
        answers(said)
