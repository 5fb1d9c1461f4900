"""Sizes as people read them."""

from hypothesis import given
from hypothesis import strategies as st
import pytest

from flywheel_nodes.core.sizes import rough, size

FACTORS = {'B': 1, 'KiB': 2**10, 'MiB': 2**20, 'GiB': 2**30, 'TiB': 2**40}


@pytest.mark.parametrize(('count', 'text'), [
    (0, '0 B'), (1, '1 B'), (1023, '1023 B'), (1025, '1025 B'), (2**16, '64 KiB'),
    (256 * 2**20, '256 MiB'), (2**36, '64 GiB'), (2**40, '1 TiB'), (2**60, '1048576 TiB')])
def test_sizes_are_whole(count: int, text: str) -> None:
    assert size(count) == text


@given(st.integers(0, 2**50))
def test_nothing_is_rounded(count: int) -> None:
    number, unit = size(count).split()
    assert int(number) * FACTORS[unit] == count


@pytest.mark.parametrize(('count', 'text'), [
    (0, '0 B'), (999, '999 B'), (1000, '0.977 KiB'), (25_232_932_864, '23.5 GiB'),
    (2**50, '1,024 TiB')])
def test_rough_sizes_have_three_digits(count: int, text: str) -> None:
    assert rough(count) == text
