"""The suite passes our relay, and each of its cases can fail."""

import asyncio
from collections.abc import Sequence
import ssl

from aiohttp import web
import pytest

from flywheel_nodes.core.teleop import examples
from flywheel_nodes.core.teleop.codec import plain
from flywheel_nodes.effects.config_files import share_dir
from flywheel_nodes.effects.teleop.conformance import Case, judge, Verdict
from flywheel_nodes.effects.teleop.conformance_peer import from_lines, RelayBench
from flywheel_nodes.effects.teleop.conformance_relay import CASES
from test.effects.teleop.attack import pki
from test.effects.teleop.pki import Pki
from test.effects.teleop.relay import Served, token, until

__all__ = ['pki']

# The subject of these is how a lease ends; in all other cases no stall may end it.
ENDING = [case for case in CASES if case.name in ('expiry', 'renew', 'declared')]
LASTING = [case for case in CASES if case.name not in ('expiry', 'renew')]


def conforms(server: ssl.SSLContext | None = None, client: ssl.SSLContext | None = None) -> str:
    """Try our relay with all cases; return its address."""
    async def run(served: Served, cases: Sequence[Case[RelayBench]]) -> dict[str, str]:
        bench = RelayBench(served.url, lambda scope: token('ada', scope), client)
        results = [await judge(case, bench) for case in cases]
        # TLS takes leave of each other: a loop that ends before leaves sockets open.
        await until(lambda: not len(served.server.places), 'all connections end')
        return {one.name: f'{one.verdict} {one.detail}' for one in results}
    for ttl, cases in ((0.6, ENDING), (30.0, LASTING)):
        with Served(lease_ttl=ttl, max_clients=64, settings={'tls': server}) as served:
            assert asyncio.run(run(served, cases)) == {
                case.name: f'{Verdict.PASS} ' for case in cases}
    return served.url


def test_our_relay_conforms() -> None:
    assert conforms().startswith('ws://')


def test_our_relay_conforms_with_tls_and_client_certificates(pki: Pki) -> None:
    assert conforms(pki.server(mutual=True), pki.client('ada')).startswith('wss://')


class YesMan:
    """A relay that lets everybody in, grants everything, refuses nothing and hears nothing."""

    def __init__(self) -> None:
        self.url = ''
        self._runner: web.AppRunner

    async def __aenter__(self) -> 'YesMan':
        app = web.Application()
        app.router.add_get('/control', self._serve)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, '127.0.0.1', 0)
        await site.start()
        port = self._runner.addresses[0][1]
        self.url = f'ws://127.0.0.1:{port}/control'
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        welcome = plain(next(one for one in examples.ANSWERS if one.kind == 'welcome'))
        await ws.send_json({**welcome, 'invented': 1})
        async for message in ws:
            text = message.data if isinstance(message.data, str) else ''
            if 'claim' in text:
                await ws.send_json({'type': 'grant', 'lease': 'x', 'epoch': 1, 'ttl': 0.1})
            elif 'ping' in text:
                await ws.send_json({'type': 'pong', 't0': 1, 't1': 2, 't2': 1})
        return ws


def test_every_case_can_fail() -> None:
    async def run() -> dict[str, Verdict]:
        async with YesMan() as liar:
            bench = RelayBench(liar.url, lambda _: 'any', wait_s=0.3)
            results = [await judge(case, bench) for case in CASES]
            return {one.name: one.verdict for one in results}
    assert asyncio.run(run()) == {case.name: Verdict.FAIL for case in CASES}


def test_where_no_relay_is_nothing_passes() -> None:
    async def run() -> set[Verdict]:
        bench = RelayBench('ws://127.0.0.1:1/control', from_lines(iter(['a', 'b'])))
        return {(await judge(case, bench)).verdict for case in CASES if case.name != 'declared'}
    assert asyncio.run(run()) == {Verdict.FAIL, Verdict.SKIP}


@pytest.mark.parametrize('case', CASES, ids=lambda case: case.name)
def test_each_case_checks_a_sentence_of_the_protocol(case: Case[RelayBench]) -> None:
    told = ' '.join((share_dir() / 'docs' / 'protocol.md').read_text(encoding='utf-8').split())
    assert case.requirement in told
