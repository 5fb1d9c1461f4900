"""Lists of CPUs as the kernel writes them."""

from hypothesis import given
from hypothesis import strategies as st
import pytest

from flywheel_nodes.core.cpu_list import cpu_list
from flywheel_nodes.core.errors import ConfigError


@pytest.mark.parametrize(('text', 'cpus'), [
    ('', set()), ('0', {0}), ('0-2,5', {0, 1, 2, 5}), (' 1, 3 ', {1, 3}), ('2,2-2', {2})])
def test_lists_are_read(text: str, cpus: set[int]) -> None:
    assert cpu_list(text, 'x') == cpus


@pytest.mark.parametrize('text', ['a', '-1', '3-1', '1-', '0-99999', '1 2', '٣', '1..3'])
def test_other_texts_are_refused_with_their_place(text: str) -> None:
    with pytest.raises(ConfigError, match='policy_monitor: cpus: '):
        cpu_list(text, 'policy_monitor: cpus')


@given(st.sets(st.integers(0, 4095), max_size=50))
def test_any_set_survives_being_written(cpus: set[int]) -> None:
    assert cpu_list(','.join(map(str, cpus)), 'x') == cpus
