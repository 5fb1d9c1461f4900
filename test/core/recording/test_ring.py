import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from flywheel_nodes.core.recording.ring import cost, Record, Ring


def record(mono_ns: int, size: int = 0, channel: int = 1) -> Record:
    return Record(channel, mono_ns, mono_ns + 10**18, mono_ns + 10**18 - 5, mono_ns, bytes(size))


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 3000))), st.integers(1, 500),
       st.integers(500, 20_000))
def test_what_is_held_is_the_newest_and_fits(arrivals: list[tuple[int, int]], keep_ns: int,
                                             keep_bytes: int) -> None:
    ring, now, everything, early = Ring(keep_ns, keep_bytes), 0, [], 0
    for gap, size in arrivals:
        now += gap
        one = record(now, size)
        everything.append(one)
        early += len(ring.extend([one]))
        ring.prune(now)
        assert ring.bytes <= keep_bytes
        held = ring.since(0)
        assert held == everything[len(everything) - len(held):]
        assert ring.bytes == sum(map(cost, held))
        assert all(one.mono_ns >= now - keep_ns for one in held)
        # Nothing has left that both time and memory had room for.
        gone = everything[:len(everything) - len(held)]
        assert not gone or gone[-1].mono_ns < now - keep_ns or early
    assert ring.evicted == len(everything) - len(ring)


def test_the_ring_empties_by_time_though_nothing_arrives() -> None:
    ring = Ring(100, 10**6)
    ring.extend([record(0), record(50)])
    ring.prune(140)
    assert [one.mono_ns for one in ring.since(0)] == [50]
    assert ring.reach_ns(140) == 90


def test_those_that_leave_too_early_are_told() -> None:
    ring = Ring(10**9, 3 * cost(record(0)))
    assert ring.extend([record(n) for n in range(3)]) == []
    assert [one.mono_ns for one in ring.extend([record(3), record(4)])] == [0, 1]


def test_the_overhead_is_not_less_than_what_python_takes() -> None:
    ring = Ring(10**18, 10**9)
    tracemalloc.start()
    for n in range(5000):
        ring.extend([record(10**12 + n, 100)])
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert taken <= ring.bytes


LANES = {1: (None, None), 2: (100, None), 3: (None, 4000), 4: (1000, 3000)}


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 900), st.sampled_from(list(LANES))),
                max_size=80), st.integers(50, 400), st.integers(1000, 15_000))
def test_each_lane_keeps_its_bounds_and_all_together_theirs(
        arrivals: list[tuple[int, int, int]], keep_ns: int, keep_bytes: int) -> None:
    ring, now, everything, early = Ring(keep_ns, keep_bytes), 0, [], []
    for channel, bounds in LANES.items():
        if bounds != (None, None):
            ring.assign(channel, ring.lane(*bounds))
    for gap, size, channel in arrivals:
        now += gap
        everything.append(record(now, size, channel))
        early += ring.extend(everything[-1:])
        ring.prune(now)
        held = ring.since(0)
        assert ring.bytes == sum(map(cost, held)) <= keep_bytes
        assert [one.mono_ns for one in held] == sorted(one.mono_ns for one in held)
        for number, (time, memory) in LANES.items():
            mine = [one for one in held if one.channel == number]
            all_of_it = [one for one in everything if one.channel == number]
            assert mine == all_of_it[len(all_of_it) - len(mine):], 'the newest'
            assert all(one.mono_ns >= now - (keep_ns if time is None else time) for one in mine)
            assert memory is None or sum(map(cost, mine)) <= memory
            gone = all_of_it[:len(all_of_it) - len(mine)]
            assert all(one in early or one.mono_ns < now - (time or keep_ns) for one in gone)


def test_a_crowd_on_one_lane_costs_the_others_nothing() -> None:
    ring = Ring(10**9, 10**6)
    ring.assign(2, ring.lane(None, 10 * cost(record(0, 1000))))
    ring.extend([record(n, 10, channel=1) for n in range(50)])
    ring.extend([record(100 + n, 1000, channel=2) for n in range(100)])
    held = ring.since(0)
    assert sum(one.channel == 1 for one in held) == 50
    assert [one.mono_ns for one in held if one.channel == 2] == list(range(190, 200))
