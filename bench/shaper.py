"""
A slow link for TCP connections, as a process: all of them share its rate and wait in one queue.

`python -m bench.shaper HOST:PORT 6 20`: 6 Mbit/s each way and 20 ms each way to that server. It
prints the port it listens on. Like a router it has one queue each way, of QUEUE_S; when that is
full it reads no more, so that the senders slow down.
"""

import asyncio
import contextlib
import socket
import sys

PACKET = 1460
QUEUE_S = 0.2
RECEIVE_BUFFER = 16 * 1024


class Link:
    """One direction."""

    def __init__(self, bits_per_s: float, delay_s: float) -> None:
        """Begin idle."""
        self._rate = bits_per_s / 8
        self._delay = delay_s
        self._free = 0.0

    async def room(self) -> float:
        """Wait until the queue has room; return the loop's time."""
        loop = asyncio.get_running_loop()
        while (late := self._free - loop.time() - QUEUE_S) > 0:
            await asyncio.sleep(late)
        return loop.time()

    def arrival(self, size: int, now: float) -> float:
        """Return when a packet that is sent now arrives."""
        self._free = max(now, self._free) + size / self._rate
        return self._free + self._delay


async def carry(link: Link, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Carry one connection's bytes in one direction until its end."""
    loop = asyncio.get_running_loop()

    def deliver(data: bytes) -> None:
        if not writer.is_closing():
            writer.write(data)
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(PACKET):
            loop.call_at(link.arrival(len(data), await link.room()), deliver, data)
    loop.call_at(link.arrival(0, loop.time()) + 0.01, writer.close)


async def main(target: str, mbit: float, delay_ms: float) -> None:
    """Carry until killed."""
    host, port = target.split(':')
    there, back = (Link(mbit * 1e6, delay_ms / 1e3) for _ in range(2))

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sock = socket.socket(proto=socket.IPPROTO_TCP)  # else asyncio leaves Nagle on
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, (host, int(port)))
        far_reader, far_writer = await asyncio.open_connection(sock=sock, limit=PACKET)
        await asyncio.gather(carry(there, reader, far_writer), carry(back, far_reader, writer))
    server = await asyncio.start_server(serve, '127.0.0.1', 0, limit=PACKET)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == '__main__':
    asyncio.run(main(sys.argv[1], float(sys.argv[2]), float(sys.argv[3])))
