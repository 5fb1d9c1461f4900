"""A whole session with a relay and a recorder: its secrets are in no file, log or metric."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
import json
import threading
import time
from typing import Any

import aiohttp
import pytest

from flywheel_nodes.core import topics, wire
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.events import Event, EventName
from flywheel_nodes.core.ids import uuid7
from flywheel_nodes.core.teleop.protocol import Scope
from flywheel_nodes.effects.run_dir import url_of
from flywheel_nodes.effects.teleop.tokens import load_private_key, make_keys, mint
from flywheel_nodes.nodes.messages import to_array
from flywheel_nodes.nodes.snippet_recorder import SnippetRecorder
from flywheel_nodes.nodes.teleop_relay import TeleopRelay
from test.effects.teleop.pki import Pki
from test.effects.teleop.relay import closed, hello, next_of
from test.harness import Bench

MARK = 'x9secretmark9x'  # in all that a careless client could put in a wrong place


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    made = asyncio.new_event_loop()
    thread = threading.Thread(target=made.run_forever)
    thread.start()
    yield made
    made.call_soon_threadsafe(made.stop)
    thread.join()
    made.close()


class Session:
    """Clients against the relay of a bench; secrets: all that must not be found anywhere."""

    def __init__(self, bench: Bench, loop: asyncio.AbstractEventLoop, pki: Pki) -> None:
        self.bench = bench
        self.loop = loop
        self.secrets = [MARK]
        self.tls = pki.client('ada')
        self.url = url_of(bench.folder, 'teleop_relay')

    def token(self, scope: Scope = Scope.DRIVE) -> str:
        key = load_private_key(self.bench.folder / 'keys' / 'operator.pem')
        made = mint(key, 'sim', 'ada', scope)
        self.secrets.append(made.split('.')[2])  # the signature: who has it has the token
        return made

    def do(self, work: Callable[[Any], Awaitable[Any]], url: str = '') -> Any:
        async def connect() -> Any:
            async with aiohttp.ClientSession() as http, http.ws_connect(
                    url or self.url, ssl=self.tls) as ws:
                return await work(ws)
        future = asyncio.run_coroutine_threadsafe(connect(), self.loop)
        self.bench.until(future.done, 'the client')
        return future.result()

    async def drive(self, ws: Any) -> None:
        await ws.send_json(hello(self.token()))
        self.secrets.append((await next_of(ws, 'welcome'))['resume'])
        await ws.send_json({'type': 'claim'})
        grant = await next_of(ws, 'grant')
        lease = {'lease': grant['lease'], 'epoch': grant['epoch']}
        for seq in range(1, 20):
            await ws.send_json({'type': 'drive', **lease, 'seq': seq, 't_client': seq,
                                'deadman': True, 'axes': {'vx': 0.1}})
            await asyncio.sleep(0.01)
        await ws.send_json({'type': 'release', **lease, 'reason': 'stuck',
                            'outcome': 'success'})
        await next_of(ws, 'ended')

    async def misplace(self, ws: Any) -> None:
        """Send secrets where they do not belong."""
        await ws.send_json({'type': 'hello', 'protocol': 1, 'resume': self.secrets[-1]})
        await next_of(ws, 'welcome')
        for kind in ('claim', MARK, 'stop'):
            await ws.send_json({'type': kind, 'token': self.token(), MARK: MARK})
            await next_of(ws, 'reject')
        await ws.send_json({'type': 'stop'})
        await next_of(ws, 'accepted')

    async def fail(self, ws: Any) -> None:
        await ws.send_json(hello(self.token() + MARK))
        await closed(ws)


def start(bench: Bench, pki: Pki) -> TeleopRelay:
    make_keys(bench.folder / 'keys')
    made: TeleopRelay = bench.start('teleop_relay', TeleopRelay, **exposed(pki))
    return made


def exposed(pki: Pki) -> dict[str, Any]:
    return {'port': 0, 'host': '0.0.0.0', 'tls_certificate': pki.ours / 'sim.pem',
            'tls_key': pki.ours / 'sim.key.pem', 'client_ca': pki.ours / 'ca.pem'}


def test_secrets_are_nowhere(bench: Bench, loop: asyncio.AbstractEventLoop,
                             tmp_path_factory: pytest.TempPathFactory,
                             capfd: pytest.CaptureFixture[str]) -> None:
    pki = Pki(tmp_path_factory.mktemp('pki'))
    start(bench, pki)
    bench.start('snippet_recorder', SnippetRecorder, pre_roll=5.0, post_roll=0.2,
                min_free_bytes=0, compression='none')
    bench.probe.listen(topics.EVENTS, topics.METRICS, topics.TELEOP_COMMAND)
    session = Session(bench, loop, pki)
    session.do(session.drive)
    session.do(session.misplace)
    session.do(session.fail)
    session.do(session.fail, f'{session.url}?token={session.token()}')
    bench.until(lambda: said(bench, EventName.LEASE_ENDED), 'the end of the lease')
    save(bench)
    bench.until(lambda: 'login_refused' in audit(bench), 'the audit log')
    seen = len(bench.probe.heard[topics.METRICS.name])
    bench.until(lambda: len(bench.probe.heard[topics.METRICS.name]) > seen + 6, 'metrics')

    places = {path: path.read_bytes() for path in bench.folder.rglob('*')
              if path.is_file() and path.parent.name != 'keys'}
    snippets = [data for path, data in places.items() if path.suffix == '.mcap']
    assert any(b'stuck' in data for data in snippets)  # the session is there, and can be searched
    heard = repr(bench.probe.heard)
    out = '\n'.join(capfd.readouterr())
    keys = b''.join(path.read_bytes() for path in pki.ours.glob('*.key.pem'))
    session.secrets += [line for line in keys.decode().splitlines() if len(line) == 64]
    for secret in session.secrets:
        assert len(secret) > 10
        found = [path.name for path, data in places.items() if secret.encode() in data]
        assert not found
        assert secret not in heard
        assert secret not in out
    assert {'login', 'lease_granted', 'lease_ended', 'stop', 'left'} <= set(audit(bench))


def test_who_can_be_reached_from_elsewhere_makes_no_keys_for_itself(
        bench: Bench, tmp_path_factory: pytest.TempPathFactory) -> None:
    pki = Pki(tmp_path_factory.mktemp('pki'))
    with pytest.raises(ConfigError, match='make keys with `flywheel keys make`'):
        bench.start('teleop_relay', TeleopRelay, **exposed(pki))
    assert not list(bench.folder.rglob('*.pem'))
    with pytest.raises(ConfigError, match=r'^teleop_relay: host 0.0.0.0 can be reached'):
        bench.start('teleop_relay', TeleopRelay, port=0, host='0.0.0.0')


def test_used_tokens_the_certificates_end_and_the_audit_log_are_metrics(
        bench: Bench, tmp_path_factory: pytest.TempPathFactory) -> None:
    relay = start(bench, Pki(tmp_path_factory.mktemp('pki')))

    def value(name: str, **labels: str) -> float:
        return float(relay.shell.metrics.cell(name, **labels).value)
    bench.until(lambda: value('relay_audit_lines_total') == 1, 'the first line')
    assert value('relay_certificate_expiry_timestamp_seconds') > time.time() + 300 * 86_400
    assert value('relay_audit_lines_lost_total', reason='write_failed') == 0
    assert audit(bench) == ['started']


def said(bench: Bench, name: EventName) -> list[Any]:
    return [status for message in bench.probe.heard[topics.EVENTS.name]
            for status in message.status if status.name == name]


def audit(bench: Bench) -> list[str]:
    file = bench.folder / 'audit' / 'audit.jsonl'
    lines = file.read_text().splitlines() if file.exists() else []
    return [json.loads(line)['what'] for line in lines]


def save(bench: Bench) -> None:
    """Have the recorder write a snippet of the session."""
    wall = time.time_ns()
    event = Event(EventName.SNIPPET_REQUESTED, 'save', time.monotonic_ns(),
                  {'by': 'probe', 'reason': '', 'name': ''}).stamped(
        uuid7(wall, bytes(10)), 'probe', wall)
    bench.probe.publish(topics.EVENTS, to_array([wire.event_to_status(event)], wall))
    bench.until(lambda: said(bench, EventName.SNIPPET_SAVED), 'a snippet')
