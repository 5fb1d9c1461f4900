"""The examples in docs/client.md run as they stand."""

import asyncio
import re
import time
from typing import Any

from flywheel_nodes.core.control import Control, Gate, Mode, Request
from flywheel_nodes.core.teleop.view import Facts
from flywheel_nodes.effects.config_files import share_dir
from test.effects.teleop.relay import LONGEST_S, Served, token
from test.effects.teleop.test_video_server import play, Studio

DOC = (share_dir() / 'docs' / 'client.md').read_text(encoding='utf-8')


def example(number: int) -> dict[str, Any]:
    """Run an example and return what it defines."""
    names: dict[str, Any] = {'__name__': 'example'}
    found = re.findall(r'```python\n(.*?)```', DOC, re.DOTALL)
    exec(compile(found[number], 'docs/client.md', 'exec'), names)
    return names


def test_who_drives_by_video_names_what_is_displayed() -> None:
    look_and_drive, shown = example(1)['look_and_drive'], list[bytes]()

    async def work(studio: Studio) -> None:
        async with await studio.enter() as ada:
            driving = asyncio.ensure_future(look_and_drive(
                ada, shown.append, lambda: {'vx': 0.2} if len(shown) > 1 else None))
            await studio.film(lambda: len({c.frame for c in studio.driven()}) > 2, 'driving')
            await ada.release()
            await driving
            assert all(c.seen_ns for c in studio.driven())
            assert {c.sight for c in studio.published} == {'video'}
    play(work)


def test_the_example() -> None:
    names = example(0)
    with Served() as served:
        control = Control(Mode.HUMAN, Gate.NONE, 'ada drives')
        served.server.facts(Facts(control, time.monotonic_ns()))
        asyncio.run(asyncio.wait_for(names['drive'](served.url, token()), LONGEST_S))
    assert served.requests()[:2] == [Request.IDLE, Request.DRIVE]
    assert {c.sight for c in served.published} == {'direct'}
    assert {c.phase for c in served.driven()} == {'correction', 'recovery'}
    release = served.published[-1]
    assert (release.request, release.reason, release.note) == (
        Request.RELEASE, 'stuck', 'caught on the kerb')


def test_every_name_in_the_table_is_there() -> None:
    from flywheel_nodes.effects.teleop.relay_client import RelayClient
    table = DOC.split('| what | how |')[1].split('What it promises')[0]
    for name in re.findall(r'`(\w+)\(', table):
        assert hasattr(RelayClient, name) or name in ('read',), name
