"""The example in docs/client.md runs as it stands."""

import asyncio
import re
import time
from typing import Any

from flywheel_nodes.core.control import Control, Gate, Mode, Request
from flywheel_nodes.core.teleop.view import Facts
from flywheel_nodes.effects.config_files import share_dir
from test.effects.teleop.relay import LONGEST_S, Served, token

DOC = (share_dir() / 'docs' / 'client.md').read_text(encoding='utf-8')


def test_the_example() -> None:
    found = re.search(r'```python\n(.*?)```', DOC, re.DOTALL)
    assert found
    names: dict[str, Any] = {'__name__': 'example'}
    exec(compile(found[1], 'docs/client.md', 'exec'), names)
    with Served() as served:
        control = Control(Mode.HUMAN, Gate.NONE, 'ada drives')
        served.server.facts(Facts(control, time.monotonic_ns()))
        asyncio.run(asyncio.wait_for(names['drive'](served.url, token()), LONGEST_S))
    assert served.requests()[:2] == [Request.IDLE, Request.DRIVE]
    assert {c.phase for c in served.driven()} == {'correction', 'recovery'}
    release = served.published[-1]
    assert (release.request, release.reason, release.note) == (
        Request.RELEASE, 'stuck', 'caught on the kerb')


def test_every_name_in_the_table_is_there() -> None:
    from flywheel_nodes.effects.teleop.relay_client import RelayClient
    table = DOC.split('| what | how |')[1].split('What it promises')[0]
    for name in re.findall(r'`(\w+)\(', table):
        assert hasattr(RelayClient, name) or name in ('read',), name
