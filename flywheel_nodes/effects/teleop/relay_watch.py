"""What a client hears of the robot: states, events and requests for help, as they come."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable

from flywheel_nodes.core.events import EventName
from flywheel_nodes.core.teleop import answers
from flywheel_nodes.core.teleop.answers import Answer, CameraLatency, Event, HelpRequest, State
from flywheel_nodes.effects.teleop.relay_link import Link, TIMEOUT_S

MOST_EVENTS = 64


class Watch:
    """
    The robot as a client sees it.

    state: the newest (mode, gate, speed, who holds the lease, ...); help: what the robot asks
    help for; cameras: how late each watched camera is seen; refused: why the last resume was
    refused; events_lost: how many events nobody read in time.
    """

    def __init__(self) -> None:
        """Begin without having heard anything."""
        self.state = State()
        self.help: tuple[HelpRequest, ...] = ()
        self.cameras: tuple[CameraLatency, ...] = ()
        self.refused = ''
        self.events_lost = 0
        self._link = Link(self._take, self._lost)
        self._news = asyncio.Condition()
        self._states = 0
        self._events: deque[Event] = deque(maxlen=MOST_EVENTS)

    @property
    def connected(self) -> bool:
        """Whether the relay can be talked to."""
        return not self._link.lost

    async def wait_for(self, predicate: Callable[[State], bool],
                       timeout_s: float = TIMEOUT_S) -> State:
        """Return the first state that fulfils a condition; raises asyncio.TimeoutError."""
        async def wait() -> State:
            async with self._news:
                await self._news.wait_for(
                    lambda: bool(self._link.lost) or predicate(self.state))
                return self.state
        state = await asyncio.wait_for(wait(), timeout_s)
        self._link.check()
        return state

    async def states(self) -> AsyncIterator[State]:
        """Yield states as they come until the connection ends; a slow reader skips some."""
        seen = 0
        while self.connected:
            async with self._news:
                while self.connected and self._states == seen:
                    await self._news.wait()
            seen = self._states
            yield self.state

    async def events(self) -> AsyncIterator[Event]:
        """Yield what happens to the robot until the connection ends; each event goes to one."""
        while True:
            async with self._news:
                while self.connected and not self._events:
                    await self._news.wait()
            while self._events:
                yield self._events.popleft()
            if not self.connected:
                return

    def new_events(self) -> list[Event]:
        """Return the events that nobody has read yet, without waiting."""
        found = list(self._events)
        self._events.clear()
        return found

    # --- what the relay says --------------------------------------------------------------------

    async def _take(self, message: Answer) -> None:
        await self._hear(message)

    async def _hear(self, message: Answer) -> None:
        match message:
            case State():
                self.state = message
                self._states += 1
            case Event():
                self._happened(message)
            case answers.Help():
                self.help = message.requests
            case answers.Latency():
                self.cameras = message.cameras
        await self._notify()

    def _happened(self, event: Event) -> None:
        self.events_lost += len(self._events) == MOST_EVENTS
        self._events.append(event)
        if event.name == EventName.RESUME_REFUSED:
            self.refused = event.sentence

    async def _notify(self) -> None:
        async with self._news:
            self._news.notify_all()

    async def _lost(self) -> None:
        await self._notify()
