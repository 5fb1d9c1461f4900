from hypothesis import given
from hypothesis import strategies as st
import pytest

from flywheel_nodes.core.doctor import storage
from flywheel_nodes.core.doctor.finding import Level

GIB = 2**30
BYTES = st.integers(0, 2**44)


@pytest.mark.parametrize(('free', 'used', 'quota', 'level'), [
    (0, 0, 0, Level.WRONG), (GIB - 1, 31 * GIB, 32 * GIB, Level.WRONG),
    (GIB, 0, 0, Level.OK), (33 * GIB, 0, 32 * GIB, Level.OK), (20 * GIB, 0, 32 * GIB, Level.WARN),
    (20 * GIB, 13 * GIB, 32 * GIB, Level.OK), (2 * GIB, 40 * GIB, 32 * GIB, Level.OK)])
def test_room(free: int, used: int, quota: int, level: Level) -> None:
    assert storage.room(free, used, quota, GIB).level is level


@given(BYTES, BYTES, BYTES, BYTES)
def test_more_room_is_never_worse(free: int, used: int, quota: int, more: int) -> None:
    order = [Level.OK, Level.WARN, Level.WRONG]
    less = storage.room(free, used, quota, GIB).level
    assert order.index(storage.room(free + more, used, quota, GIB).level) <= order.index(less)


@pytest.mark.parametrize(('name', 'level'), [
    ('ext4', Level.OK), ('tmpfs', Level.WARN), ('nfs4', Level.WARN), ('vfat', Level.WARN)])
def test_kind(name: str, level: Level) -> None:
    found = storage.kind(name)
    assert found.level is level and name in found.sentence


def test_speed() -> None:
    assert storage.speed(0.005).level is Level.OK
    assert storage.speed(0.5).level is Level.WARN


@pytest.mark.parametrize(('size', 'free', 'left_bytes', 'levels'), [
    (GIB, GIB, 0, [Level.OK]), (64 * 2**20, 64 * 2**20, 0, [Level.WARN]),
    (GIB, GIB // 10, 0, [Level.WARN]), (GIB, GIB, GIB // 2, [Level.WARN]),
    (GIB, GIB // 10, GIB // 2, [Level.WARN, Level.WARN])])
def test_shared_memory(size: int, free: int, left_bytes: int, levels: list[Level]) -> None:
    assert [one.level for one in storage.shared_memory(size, free, 3, left_bytes)] == levels
