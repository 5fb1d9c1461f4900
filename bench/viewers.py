"""
Viewers of a relay's video, as a process: so many of each camera.

`python -m bench.viewers URL DATA_DIR COUNT WIDTH CAMERA...`; WIDTH: of the pictures wanted, 0 for
any. For each line on its standard input it prints what came since the line before: a JSON list of
[camera, seconds, frames, ages in ms], one for each viewer. Ages are right on this machine only.
"""

import asyncio
import json
from pathlib import Path
import sys
import time

from flywheel_nodes.core.teleop.protocol import Scope
from flywheel_nodes.effects.teleop.relay_client import RelayClient
from flywheel_nodes.effects.teleop.tokens import load_private_key, mint
from flywheel_nodes.effects.teleop.video_client import VideoClient


def token(data_dir: Path, operator: str, scope: Scope) -> str:
    """Return a fresh token of a relay of ours."""
    return mint(load_private_key(data_dir / 'keys' / 'operator.pem'), 'sim', operator, scope)


class Viewer:
    """One camera on one screen."""

    def __init__(self, camera: str) -> None:
        """Begin unseen."""
        self.camera = camera
        self.video = VideoClient()
        self._since = time.monotonic()
        self._ages: list[float] = []

    async def watch(self) -> None:
        """Look at each frame as it comes."""
        async for frame in self.video.frames():
            self._ages.append((time.monotonic_ns() - frame.header.captured_ns) / 1e6)

    def tell(self) -> list[object]:
        """Return what came since the last time."""
        now = time.monotonic()
        told = [self.camera, now - self._since, len(self._ages), self._ages]
        self._since, self._ages = now, []
        return told


async def main(url: str, data_dir: Path, count: int, width: int, cameras: list[str]) -> None:
    """Watch until the standard input ends."""
    client = RelayClient()
    await client.connect(url, token(data_dir, 'viewers', Scope.VIEW))
    viewers = [Viewer(camera) for camera in cameras for _ in range(count)]
    for viewer in viewers:
        await viewer.video.connect(url, viewer.camera, client.welcome.resume, width=width)
    watching = [asyncio.ensure_future(viewer.watch()) for viewer in viewers]
    print('[]', flush=True)
    loop = asyncio.get_running_loop()
    while await loop.run_in_executor(None, sys.stdin.readline):
        print(json.dumps([viewer.tell() for viewer in viewers]), flush=True)
    for task in watching:
        task.cancel()
    for viewer in viewers:
        await viewer.video.close()
    await client.close()


if __name__ == '__main__':
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]),
                     sys.argv[5:]))
