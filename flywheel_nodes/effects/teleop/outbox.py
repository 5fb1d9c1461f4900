"""What waits for one client: messages in order, and of the states only the newest."""

import asyncio
from collections import deque
from collections.abc import Callable

from aiohttp import web

SEND_TIMEOUT_S = 2.0
MOST = 64


class Outbox:
    """
    The only writer of one WebSocket; a client that does not read is given up.

    slow: it was given up; closing: the code and words to close with, once that was asked.
    """

    def __init__(self, ws: web.WebSocketResponse, abort: Callable[[], None]) -> None:
        """
        Begin empty.

        :param abort: cuts the connection, whatever still waits in it
        """
        self.slow = False
        self._ws = ws
        self._abort = abort
        self._messages: deque[str] = deque()
        self._state: str | None = None
        self.closing: tuple[int, str] | None = None
        self._wake = asyncio.Event()

    def put(self, message: str) -> None:
        """Send a message after those that wait; too many mark the client as slow."""
        if len(self._messages) >= MOST:
            self._give_up()
        else:
            self._messages.append(message)
        self._wake.set()

    def show(self, state: str) -> None:
        """Send a state instead of one that still waits."""
        self._state = state
        self._wake.set()

    def close(self, code: int, because: str) -> None:
        """Close the connection after what waits."""
        self.closing = (code, because)
        self._wake.set()

    async def run(self) -> None:
        """Send until closed, or until the client is lost or slow."""
        try:
            while not self.slow:
                await self._wake.wait()
                self._wake.clear()
                await self._send_waiting()
                if self.closing and not self.slow:
                    code, because = self.closing
                    await self._ws.close(code=code, message=because.encode()[:120])
                    return
        except ConnectionError:
            return

    async def _send_waiting(self) -> None:
        loop = asyncio.get_running_loop()
        while not self.slow and (text := self._next()) is not None:
            # A timer instead of wait_for(), which would make a task of each message.
            timer = loop.call_later(SEND_TIMEOUT_S, self._give_up)
            try:
                await self._ws.send_str(text)
            finally:
                timer.cancel()

    def _give_up(self) -> None:
        self.slow = True
        self._abort()

    def _next(self) -> str | None:
        if self._messages:
            return self._messages.popleft()
        state, self._state = self._state, None
        return state
