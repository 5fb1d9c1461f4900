"""Identifiers are UUIDs of version 7 and sort by their time."""

import uuid

from hypothesis import given
from hypothesis import strategies as st

from flywheel_nodes.core.ids import short, uuid7

ENTROPY = st.binary(min_size=10, max_size=10)
WALL = st.integers(0, (1 << 48) * 1_000_000 - 1)


@given(WALL, ENTROPY)
def test_they_are_uuids_of_version_7_that_carry_their_time(wall_ns: int, entropy: bytes) -> None:
    made = uuid.UUID(uuid7(wall_ns, entropy))
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert made.int >> 80 == wall_ns // 1_000_000


@given(st.tuples(WALL, ENTROPY), st.tuples(WALL, ENTROPY))
def test_they_sort_by_time(a: tuple[int, bytes], b: tuple[int, bytes]) -> None:
    if a[0] // 1_000_000 < b[0] // 1_000_000:
        assert uuid7(*a) < uuid7(*b)


@given(WALL, ENTROPY, ENTROPY)
def test_74_bits_of_entropy_tell_them_apart(wall_ns: int, a: bytes, b: bytes) -> None:
    used = [int.from_bytes(entropy, 'big') & ((1 << 74) - 1) for entropy in (a, b)]
    assert (uuid7(wall_ns, a) == uuid7(wall_ns, b)) == (used[0] == used[1])


def test_people_see_the_random_end() -> None:
    made = uuid7(1_700_000_000_000_000_000, bytes(range(10)))
    assert short(made) == made[-8:] and len(short(made)) == 8
