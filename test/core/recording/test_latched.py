from hypothesis import given
from hypothesis import strategies as st

from flywheel_nodes.core.recording.latched import Latched
from flywheel_nodes.core.recording.ring import cost, Record


def record(mono_ns: int, channel: int = 1, size: int = 4) -> Record:
    return Record(channel, mono_ns, mono_ns, mono_ns, 0, bytes(size))


@given(st.lists(st.tuples(st.integers(1, 20), st.integers(1, 3), st.sampled_from([b'a', b'b'])),
                max_size=60), st.integers(0, 100))
def test_the_state_at_any_moment_within_reach_is_known(
        arrivals: list[tuple[int, int, bytes]], back: int) -> None:
    latched, now = Latched(100), 0
    last: dict[tuple[int, bytes], Record] = {}
    sent = []
    for gap, channel, publisher in arrivals:
        now += gap
        sent.append((publisher, record(now, channel)))
        latched.observe(*sent[-1])
        latched.prune(now)
    moment = now - back
    for publisher, one in sent:
        if one.mono_ns < moment:
            last[one.channel, publisher] = one
    assert {(held.record.channel, held.publisher): held.record
            for held in latched.as_of(moment)} == last
    assert latched.dropped == 0


def test_an_old_state_stays_for_ever() -> None:
    latched = Latched(100)
    latched.observe(b'', record(1))
    latched.prune(10**12)
    assert [held.record.mono_ns for held in latched.as_of(10**12)] == [1]


def test_publishers_and_memory_are_bounded() -> None:
    latched = Latched(10**9, keep_bytes=10 * cost(record(0)), publishers=3)
    for number in range(9):
        latched.observe(bytes([number]), record(number))
    assert {held.publisher for held in latched.as_of(100)} == {b'\x06', b'\x07', b'\x08'}
    for number in range(100, 200):
        latched.observe(b'\x08', record(number))
    assert latched.bytes <= 10 * cost(record(0))
    assert max(held.record.mono_ns for held in latched.as_of(1000)) == 199
    assert latched.dropped == 6 + 100 - 7
    latched.observe(b'\x08', record(300, size=100_000))
    assert latched.bytes <= 10 * cost(record(0))


def test_a_message_that_was_not_known_as_state_takes_its_place() -> None:
    latched = Latched(10**9)
    latched.observe(b'', record(20))
    latched.observe(b'', record(10))
    assert [held.record.mono_ns for held in latched.as_of(15)] == [10]
    assert [held.record.mono_ns for held in latched.as_of(25)] == [20]
    assert latched.bytes == 2 * cost(record(0))


def test_state_that_left_the_ring_before_its_time_is_known() -> None:
    latched = Latched(1000)
    said = [Record(1, at, at, at, at, b'') for at in (50, 110, 120, 130, 140)]
    for one in said:
        latched.observe(b'', one)
    assert [held.record for held in latched.as_of(100)] == said[:1]
    assert [held.record for held in latched.as_of(100, said[3:], 140)] == [said[2]]
    assert [held.record for held in latched.as_of(100, said[1:], 140)] == said[:1]
    # What has not been released yet comes to the snippet by itself.
    assert [held.record for held in latched.as_of(100, said[3:4], 135)] == [said[2]]


def test_the_largest_leaves_so_that_transforms_stay() -> None:
    latched = Latched(10**9, keep_bytes=10_000)
    latched.observe(b'tf', record(1, channel=1))
    for number in range(20):
        latched.observe(bytes([number]), record(2 + number, channel=2, size=3000))
    held = latched.as_of(100)
    assert {one.record.channel for one in held} == {1, 2}
    assert len(held) == 1 + 2
    assert latched.gone == {2: 18}
    gone = {bytes([n]) for n in range(20)} - {one.publisher for one in held}
    latched.observe(gone.pop(), record(200, channel=2, size=4))
    assert latched.gone == {2: 17}, 'it spoke again'


def test_many_publishers_of_transforms_are_all_known() -> None:
    latched = Latched(10**9)
    for number in range(200):
        latched.observe(bytes([number]), record(number))
    assert len(latched.as_of(1000)) == 200
    assert latched.dropped == 0
