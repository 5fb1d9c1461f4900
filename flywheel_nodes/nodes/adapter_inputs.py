"""robot_adapter's way in: native messages, kept for those who ask, become neutral ones."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
import os
from typing import Any

from rclpy.publisher import Publisher

from flywheel_nodes.adapters.base import Adapter, Heard, Pick, Route, View
from flywheel_nodes.core.calls import Identities
from flywheel_nodes.core.clock import Now, SECOND
from flywheel_nodes.core.pace import Pace
from flywheel_nodes.core.topics import Topic
from flywheel_nodes.nodes.inlet import Arrival
from flywheel_nodes.nodes.messages import from_cdr, message_class
from flywheel_nodes.nodes.native_side import NativeSide
from flywheel_nodes.nodes.shell import Shell

KEPT_HZ = 50.0

Observe = Callable[[Topic, Any, int], None]
Hook = Callable[[Any, Arrival], None]


@dataclass
class _Out:
    """One neutral topic that a native one becomes."""

    route: Route
    publisher: Publisher
    pace: Pace | None

    def due(self, mono_ns: int) -> bool:
        return self.pace is None or self.pace.lets(mono_ns)


class Inputs:
    """
    The native topics of one robot.

    heard: the newest message of each topic that is kept; sampled_hz: the highest rate wanted of a
    topic that is read only once a loop, so the loop must turn at least this fast.
    """

    def __init__(self, shell: Shell, side: NativeSide, adapter: Adapter,
                 observed: Sequence[Topic], observe: Observe) -> None:
        """Wire nothing yet; observe hears the neutral messages of the observed topics."""
        self._shell = shell
        self._side = side
        self._adapter = adapter
        self._observed = frozenset(topic.name for topic in observed)
        self._observe = observe
        self._identities = Identities(int.from_bytes(os.urandom(3), 'big'))
        self.heard: dict[str, Heard] = {}
        self.sampled_hz = 0.0

    def view(self, now: Now) -> View:
        """Return what the adapter's functions may know."""
        return View(self._shell.robot, message_class, now, self.heard, self._identities)

    def listen(self, hooks: dict[Topic, Hook]) -> None:
        """Subscribe to everything; hooks hear each message of their native topic."""
        adapter = self._adapter
        kept = {topic.name for topic in adapter.needs} | {
            source.name for state in adapter.states for source in state.sources}
        picked = {pick.topic for pick in adapter.picks}
        for native, routes in adapter.by_native().items():
            heard = native.name in kept
            sampled = not heard and native not in hooks and native not in picked and _thinned(
                native, routes)
            if sampled:
                self.sampled_hz = max(self.sampled_hz, *(one.rate or 0.0 for one in routes))
            # Of a topic that is sampled by our loop each sample is late by up to a turn.
            slack = int(SECOND / self._shell.config.rate / 2) if sampled else None
            outs = [_Out(one, self._shell.publisher(one.neutral),
                         Pace(one.rate, slack) if one.rate else None) for one in routes]
            # The state of a fast topic is wanted often enough, not each time: decoding costs.
            pace = Pace(KEPT_HZ) if heard and (native.rate or 0) > KEPT_HZ else None
            self._side.subscribe(native, self._hearer(native, outs, heard, pace,
                                                      hooks.get(native)),
                                 raw=True, sampled=sampled)

    def _hearer(self, native: Topic, outs: list[_Out], kept: bool, pace: Pace | None,
                hook: Hook | None) -> Callable[[bytes, Arrival], None]:
        picks = [pick for pick in self._adapter.picks if pick.topic == native]
        plain = not (kept or hook or picks) and not any(
            out.route.convert or out.route.neutral.name in self._observed for out in outs)

        decode = self._decoder(native)

        def hear(data: bytes, arrival: Arrival) -> None:
            due = [out for out in outs if out.due(arrival.mono_ns)]
            keep = kept and (pace is None or pace.lets(arrival.mono_ns))
            if plain:
                for out in due:
                    out.publisher.publish(data)
            elif due or keep or hook or picks:
                message = decode(data)
                if kept:
                    self.heard[native.name] = Heard(message, arrival.mono_ns)
                self._pick(picks, message, arrival)
                self._tell(due, message, data, arrival)
                if hook:
                    hook(message, arrival)
        return hear

    def _decoder(self, native: Topic) -> Callable[[bytes], Any]:
        type_, read = message_class(native.type), self._adapter.readers.get(native)
        if read is None:
            return lambda data: from_cdr(data, type_)

        def decode(data: bytes) -> Any:
            found = read(data)
            return from_cdr(data, type_) if found is None else found
        return decode

    def _pick(self, picks: Sequence[Pick], message: Any, arrival: Arrival) -> None:
        if not picks:
            return
        view = self.view(Now(arrival.mono_ns, arrival.received_ns))
        for pick in picks:
            if pick.matters(message, view):
                self.heard[pick.name] = Heard(message, arrival.mono_ns)

    def _tell(self, due: list[_Out], message: Any, data: bytes, arrival: Arrival) -> None:
        view = self.view(Now(arrival.mono_ns, arrival.received_ns))
        for out in due:
            route = out.route
            neutral = route.convert(message, view) if route.convert else message
            if neutral is None:
                continue
            out.publisher.publish(neutral if route.convert else data)
            if route.neutral.name in self._observed:
                self._observe(route.neutral, neutral, arrival.mono_ns)

    def forget(self, topic: Topic) -> None:
        """Have a latched topic's message count no more: nobody is there to stand for it."""
        self.heard.pop(topic.name, None)


def _thinned(native: Topic, routes: Sequence[Route]) -> bool:
    """Return whether each route wants less than half of what comes."""
    return bool(routes) and all(
        route.rate and native.rate and route.rate < native.rate / 2 for route in routes)
