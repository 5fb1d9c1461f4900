"""The drill passes our client, and each of its cases can fail."""

import asyncio
from collections.abc import Callable
import copy
from dataclasses import replace

import aiohttp
import pytest

from flywheel_nodes.core.teleop import asks
from flywheel_nodes.effects.config_files import share_dir
from flywheel_nodes.effects.teleop.conformance import Case, judge, Verdict
from flywheel_nodes.effects.teleop.conformance_client import CASES
from flywheel_nodes.effects.teleop.conformance_drill import Drill, FIRST, Notes, SECOND
from flywheel_nodes.effects.teleop.relay_client import RelayClient
from test.effects.teleop.relay import LONGEST_S


async def go_through(url: str) -> None:
    async with RelayClient() as client:
        await client.connect(url, 'a.good.token')
        await client.claim()
        await client.idle()
        await client.steer(lambda: {'vx': 0.1})
        await client.claim()
        await client.hold({'vx': 0.1}, seconds=1.5)
        await client.release('training', 'success')


@pytest.fixture(scope='module')
def good() -> Notes:
    async def run() -> Notes:
        drill = Drill()
        await drill.start()
        await asyncio.wait_for(go_through(drill.url), LONGEST_S)
        await asyncio.wait_for(drill.done.wait(), LONGEST_S)
        await drill.close()
        return drill.notes
    return asyncio.run(run())


def verdicts(notes: Notes) -> dict[str, Verdict]:
    async def run() -> dict[str, Verdict]:
        return {case.name: (await judge(case, notes)).verdict for case in CASES}
    return asyncio.run(run())


def test_our_client_conforms(good: Notes) -> None:
    assert verdicts(good) == {case.name: Verdict.PASS for case in CASES}


DRIVE = asks.Drive(lease='first', epoch=100, seq=1, t_client=1, deadman=True)


def add(stage: str, ask: asks.Ask, at: int = 1000) -> Callable[[Notes], None]:
    return lambda notes: notes.stages.setdefault(stage, []).insert(at, ask)


def say(**more: object) -> Callable[[Notes], None]:
    def spoil(notes: Notes) -> None:
        assert notes.hello
        notes.hello = replace(notes.hello, **more)
    return spoil


SPOILED: dict[str, Callable[[Notes], object]] = {
    'hello': lambda notes: setattr(notes, 'greeted_s', 2.5),
    'version': say(protocol=2),
    'secrets': lambda notes: setattr(notes, 'request', '/control?token=a.good.token'),
    'declared': lambda notes: notes.unfit.append('{}'),
    'to the end': lambda notes: setattr(notes, 'finished', False),
    'pong': lambda notes: notes.pings.discard(FIRST.epoch),
    'stray grant': add('leaving', replace(DRIVE, lease='stray')),
    'authority': add('first', replace(DRIVE, epoch=90, seq=1 << 40)),
    'sequence': add('first', DRIVE),
    'neutral first': lambda notes: notes.stages.update(first=[
        one for one in notes.stages['first'] if not isinstance(one, asks.Idle)]),
    'renew': lambda notes: notes.waits.clear(),
    'ended': add('after the end', DRIVE),
    'release': lambda notes: [notes.stages.update({stage: [
        one for one in said if not isinstance(one, asks.Release)]})
        for stage, said in notes.stages.items()],
}


@pytest.mark.parametrize('case', CASES, ids=lambda case: case.name)
def test_every_case_can_fail(good: Notes, case: Case[Notes]) -> None:
    notes = copy.deepcopy(good)
    SPOILED[case.name](notes)
    assert [name for name, one in verdicts(notes).items() if one is Verdict.FAIL] == [case.name]


def test_a_client_that_does_not_greet_fails_all() -> None:
    async def run() -> Notes:
        drill = Drill()
        await drill.start()
        async with aiohttp.ClientSession() as http, http.ws_connect(drill.url) as ws:
            await ws.send_str('{"type": "stop"}')
            await asyncio.wait_for(drill.done.wait(), LONGEST_S)
        await drill.close()
        return drill.notes
    assert set(verdicts(asyncio.run(run())).values()) == {Verdict.FAIL}


@pytest.mark.parametrize('case', CASES, ids=lambda case: case.name)
def test_each_case_checks_a_sentence_of_the_protocol(case: Case[Notes]) -> None:
    told = ' '.join((share_dir() / 'docs' / 'protocol.md').read_text(encoding='utf-8').split())
    assert case.requirement in told


def test_the_second_lease_is_another(good: Notes) -> None:
    assert SECOND.epoch > FIRST.epoch
    assert good.of('second', asks.Drive)
