"""On a simulated link pictures find their size and rate, keep it, and come back after a jam."""

from dataclasses import dataclass, field
from heapq import heappop, heappush

from hypothesis import given, settings
from hypothesis import strategies as st

from flywheel_nodes.core.clock import MILLISECOND, SECOND
from flywheel_nodes.core.teleop.video_ladder import ladder, Rung
from flywheel_nodes.core.teleop.video_rate import CREDIT, LONGEST_PERIOD_NS, Pace

FPS = 15.0
BYTES_PER_PIXEL = 0.115


@dataclass
class Link:
    """Viewers of a camera behind one queue; shown: (when, viewer, age in ns, rung)."""

    mbit: float
    delay_ns: int = 20 * MILLISECOND
    viewers: int = 1
    width: int = 640
    knows_trip: bool = True
    free: int = 0
    now: int = 0
    shown: list[tuple[int, int, int, Rung]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.paces = [Pace(ladder(self.width), FPS) for _ in range(self.viewers)]
        self._events: list[tuple[int, int, int, int, int]] = []
        self._newest = [-1] * self.viewers
        self._sent = [-1] * self.viewers
        self._frames = 0

    def run(self, seconds: float) -> None:
        """Let frames come, go and be acknowledged."""
        end = self.now + int(seconds * SECOND)
        period = int(SECOND / FPS)
        for at in range(self.now, end, period):
            for viewer in range(self.viewers):
                heappush(self._events, (at + viewer * 7 * MILLISECOND, 0, viewer, 0, 0))
        while self._events and self._events[0][0] <= end:
            self.now, kind, viewer, frame, captured = heappop(self._events)
            if kind == 0:
                self._newest[viewer] = self.now
            elif kind == 1:
                self._acked(viewer, frame, captured)
            self._offer(viewer)

    def _acked(self, viewer: int, frame: int, captured: int) -> None:
        pace = self.paces[viewer]
        base = 2 * self.delay_ns if self.knows_trip else None
        assert pace.acked(frame, 0, base, self.now) is not None
        self.shown.append((self.now, viewer, self.now - self.delay_ns - captured, pace.rung))

    def _offer(self, viewer: int) -> None:
        pace, newest = self.paces[viewer], self._newest[viewer]
        if newest <= self._sent[viewer]:
            return
        wait = pace.wait(self.now)
        if wait:
            heappush(self._events, (self.now + wait, 2, viewer, 0, 0))
        elif wait == 0:
            self._send(viewer, newest)

    def _send(self, viewer: int, captured: int) -> None:
        pace = self.paces[viewer]
        rung, self._sent[viewer] = pace.rung, captured
        self._frames += 1
        size = rung.width * rung.width * 0.75 * BYTES_PER_PIXEL * rung.quality / 75
        self.free = max(self.now, self.free) + int(size * 8 / self.mbit * 1000)
        pace.sent(self._frames, self.now)
        assert pace.wait(self.now) != 0
        heappush(self._events, (self.free + 2 * self.delay_ns, 1, viewer, self._frames, captured))

    def since(self, start: int) -> list[tuple[int, int, int, Rung]]:
        return [one for one in self.shown if one[0] >= start]


def rungs(shown: list[tuple[int, int, int, Rung]], viewer: int) -> list[Rung]:
    """Return the steps that one viewer went through."""
    mine = [rung for _, who, _, rung in shown if who == viewer]
    return [rung for n, rung in enumerate(mine) if n == 0 or rung != mine[n - 1]]


@settings(max_examples=40)
@given(st.floats(0.5, 200.0), st.integers(0, 150), st.integers(1, 4),
       st.sampled_from([320, 640, 1280, 1920]), st.booleans())
def test_it_finds_a_step_and_keeps_it(mbit: float, delay_ms: int, viewers: int, width: int,
                                      knows_trip: bool) -> None:
    link = Link(mbit, delay_ms * MILLISECOND, viewers, width, knows_trip)
    link.run(40.0)
    start = link.now
    link.run(20.0)
    # What one of several leaves free is tried by the others, after 1, 2, 4 and 8 s at most.
    most = 5 if viewers == 1 else 9
    for viewer in range(viewers):
        assert len(rungs(link.since(start), viewer)) <= most


@settings(max_examples=40)
@given(st.floats(0.02, 100.0), st.integers(0, 300), st.integers(1, 4))
def test_nobody_starves(mbit: float, delay_ms: int, viewers: int) -> None:
    link = Link(mbit, delay_ms * MILLISECOND, viewers)
    link.run(60.0)
    start = link.now
    link.run(60.0)
    counts = [sum(who == viewer for _, who, _, _ in link.since(start))
              for viewer in range(viewers)]
    # The smallest pictures fill the thinnest of these links for half a second each.
    fair = 60.0 * min(1 / (viewers * 0.5 * 0.02 / mbit + LONGEST_PERIOD_NS / SECOND
                           + 2 * delay_ms / 1000), FPS)
    assert min(counts) >= fair / 4


def test_a_fast_link_gets_everything() -> None:
    link = Link(1000.0, 1 * MILLISECOND)
    link.run(10.0)
    start = link.now
    link.run(10.0)
    assert {rung for *_, rung in link.since(start)} == {ladder(640)[-1]}
    assert len(link.since(start)) >= 145


def test_commands_find_room_beside_two_cameras() -> None:
    link = Link(6.0, viewers=2)
    link.run(20.0)
    start = link.now
    link.run(20.0)
    ages = sorted(age for _, _, age, _ in link.since(start))
    assert ages[len(ages) // 2] < 100 * MILLISECOND
    assert len(ages) / 2 / 20.0 > 10.0


def test_it_comes_back_after_a_jam() -> None:
    link = Link(20.0)
    link.run(15.0)
    before = link.paces[0].rung
    link.mbit = 0.3
    link.run(10.0)
    assert link.paces[0].rung.cost < before.cost
    link.mbit = 20.0
    link.run(90.0)
    assert link.paces[0].rung == before


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 400)), max_size=100))
def test_no_more_than_the_credit_is_ever_on_its_way(steps: list[tuple[int, int]]) -> None:
    pace, now, frame, flying = Pace(ladder(640), FPS), 0, 0, set[int]()
    for kind, ms in steps:
        now += ms * MILLISECOND
        if kind < 2:
            if pace.wait(now) == 0:
                frame += 1
                pace.sent(frame, now)
                flying.add(frame)
        elif flying:
            acked = max(flying) if kind == 2 else min(flying)
            assert pace.acked(acked, 0, None, now) is not None
            flying = {one for one in flying if one > acked}
        assert len(flying) <= CREDIT
        assert (pace.oldest_ns is None) == (not flying)
    assert pace.acked(-1, 0, None, now) is None


def test_a_frame_waits_for_its_turn_and_without_credit_for_an_ack() -> None:
    pace = Pace(ladder(640), 10.0)
    assert pace.wait(0) == 0
    pace.sent(1, 0)
    assert 0 < (pace.wait(0) or 0) < SECOND // 10
    pace.sent(2, SECOND // 10)
    assert pace.wait(SECOND) is None
    pace.acked(2, 0, None, SECOND)
    assert pace.wait(SECOND) == 0


def test_what_the_display_takes_is_not_the_links_fault() -> None:
    pace = Pace(ladder(640), FPS)
    for frame in range(60):
        now = frame * SECOND // 2
        pace.sent(frame, now)
        pace.acked(frame, 400 * MILLISECOND, 10 * MILLISECOND, now + 410 * MILLISECOND)
    assert pace.rung == ladder(640)[-1]
    assert pace.excess_ns == 0.0


def test_a_viewer_that_wants_less_gets_less() -> None:
    pace = Pace(ladder(1280), FPS)
    pace.allow(ladder(320), 5.0)
    assert pace.rung.width <= 320
    pace.sent(1, 0)
    pace.acked(1, 0, None, MILLISECOND)
    assert (pace.wait(MILLISECOND) or 0) > SECOND / 5 / 2
