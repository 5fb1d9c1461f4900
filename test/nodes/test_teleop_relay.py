"""The relay between real WebSocket clients and real DDS."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
import json
from pathlib import Path
import stat
import threading
import time
from typing import Any

import aiohttp
from nav_msgs.msg import Odometry
import pytest

from flywheel_nodes.core import topics, wire
from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.control import Control, Gate, Mode, Request, TeleopCommand, Verdict
from flywheel_nodes.core.errors import ConfigError, RelayError
from flywheel_nodes.core.events import Event, EventName
from flywheel_nodes.core.teleop.protocol import Close, Scope
from flywheel_nodes.effects.run_dir import url_of
from flywheel_nodes.effects.teleop.relay_client import LeaseDeniedError, RelayClient
from flywheel_nodes.effects.teleop.tokens import load_private_key, make_keys, mint
from flywheel_nodes.nodes.messages import to_array
from flywheel_nodes.nodes.teleop_relay import TeleopRelay
from test.effects.teleop.relay import closed
from test.harness import Bench


class Stage:
    """The relay, its clients in a thread of their own, and a probe instead of the arbiter."""

    def __init__(self, bench: Bench, **params: Any) -> None:
        self.bench = bench
        self.relay: TeleopRelay = bench.start('teleop_relay', TeleopRelay, port=0, **params)
        self.url = url_of(bench.folder, 'teleop_relay')
        bench.probe.listen(topics.TELEOP_COMMAND, topics.EVENTS)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run a client's coroutine while all nodes keep stepping."""
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        self.bench.until(future.done, 'the client')
        return future.result()

    def client(self, operator: str, scope: Scope = Scope.DRIVE) -> RelayClient:
        async def connect() -> RelayClient:
            made = RelayClient()
            await made.connect(self.url, self.token(operator, scope))
            return made
        made: RelayClient = self.do(connect())
        return made

    def token(self, operator: str, scope: Scope = Scope.DRIVE) -> str:
        key = load_private_key(self.bench.folder / 'keys' / 'operator.pem')
        return mint(key, 'sim', operator, scope)

    def commands(self) -> list[TeleopCommand]:
        return [wire.command_from_status(m.status[0])
                for m in self.bench.probe.heard[topics.TELEOP_COMMAND.name]]

    def asked(self, request: Request) -> TeleopCommand:
        """Wait for a request and return it."""
        found = self.bench.until(
            lambda: [c for c in self.commands() if c.request is request], request)
        return found[-1]

    def said(self, name: EventName) -> Event:
        """Wait for an event and return it."""
        found = self.bench.until(lambda: [
            e for e in (wire.event_from_status(m.status[0])
                        for m in self.bench.probe.heard[topics.EVENTS.name]) if e.name is name],
            name)
        return found[-1]

    def control(self, mode: Mode, epoch: int = 0) -> None:
        control = Control(mode, Gate.NONE, 'a reason', epoch=epoch)
        self.publish(topics.CONTROL, wire.control_to_status(control))

    def publish(self, topic: topics.Topic, status: wire.Status) -> None:
        self.bench.probe.publish(topic, to_array([status], time.time_ns()))

    def counts(self, value: float, name: str, **labels: str) -> None:
        """Wait until a metric, which is counted now and then, has a value."""
        self.bench.until(lambda: self.count(name, **labels) == value, f'{name} {labels} {value}')

    def count(self, name: str, **labels: str) -> float:
        self.bench.step()
        return float(self.relay.shell.metrics.cell(name, **labels).value)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@pytest.fixture
def stage(bench: Bench) -> Iterator[Stage]:
    made = Stage(bench)
    yield made
    made.close()


def test_a_command_travels_with_its_authority(stage: Stage) -> None:
    ada = stage.client('ada')
    grant = stage.do(ada.claim())
    assert stage.asked(Request.IDLE).operator == 'ada'
    stage.control(Mode.HUMAN, grant.epoch)
    stage.do(ada.wait_for(lambda s: s.mode == 'human'))
    seq = stage.do(ada.drive({'vx': 0.25, 'wz': -1.0}))
    drive = stage.asked(Request.DRIVE)
    assert (drive.operator, drive.lease, drive.epoch, drive.seq, drive.deadman, drive.axes) == (
        'ada', grant.lease, grant.epoch, seq, True, (('vx', 0.25), ('wz', -1.0)))
    stage.do(ada.release('stuck', 'success'))
    release = stage.asked(Request.RELEASE)
    assert (release.epoch, release.reason, release.outcome) == (
        grant.epoch, 'stuck', 'success')
    assert stage.said(EventName.LEASE_GRANTED).values['operator'] == 'ada'
    assert stage.said(EventName.LEASE_ENDED).values['because'] == 'released'
    stage.do(ada.close())


def test_epochs_rise_with_a_clock_that_nobody_sets_back(stage: Stage) -> None:
    ada = stage.client('ada')
    grant = stage.do(ada.claim())
    assert grant.epoch <= time.monotonic_ns() // 1_000_000
    stage.do(ada.close())


def test_lease_stop_and_counts(stage: Stage) -> None:
    ada, bob, eve = stage.client('ada'), stage.client('bob'), stage.client('eve', Scope.VIEW)
    stage.do(ada.claim())
    with pytest.raises(LeaseDeniedError, match='ada'):
        stage.do(bob.claim())
    stage.counts(3, 'relay_connections')
    stage.counts(1, 'teleop_session_active')
    stage.counts(1, 'teleop_sessions_total')
    stage.do(eve.stop())
    assert stage.asked(Request.STOP).operator == 'eve'
    with pytest.raises(RelayError, match='stopped'):
        stage.do(ada.drive({'vx': 1.0}))
    stage.counts(0, 'teleop_session_active')
    with pytest.raises(RelayError, match='scope'):
        stage.do(eve.claim())
    stage.counts(1, 'relay_messages_rejected_total', reason='scope')
    for client in (ada, bob, eve):
        stage.do(client.close())
    stage.bench.until(lambda: stage.count('relay_connections') == 0, 'all gone')
    stage.counts(0, 'relay_messages_rejected_total', reason='lease')


def test_a_cut_connection_releases_as_aborted(stage: Stage) -> None:
    ada = stage.client('ada')
    grant = stage.do(ada.claim())
    stage.do(ada.close())
    release = stage.asked(Request.RELEASE)
    assert (release.epoch, release.reason, release.outcome, release.note) == (
        grant.epoch, 'other', 'aborted', 'connection lost')
    assert stage.said(EventName.LEASE_ENDED).values['because'] == 'connection_lost'


def test_clients_see_the_robot(stage: Stage) -> None:
    ada = stage.client('ada', Scope.VIEW)
    odom = Odometry()
    odom.twist.twist.linear.x = 0.5

    def tell() -> None:
        stage.control(Mode.POLICY)
        stage.publish(topics.VERDICT, wire.verdict_to_status(Verdict(False, ('seam',))))
        stage.bench.probe.publish(topics.ODOM, odom)
    stage.bench.until(lambda: ada.state.vx == 0.5 and ada.state.mode == 'policy', 'state',
                      each=tell)
    assert (ada.state.monitor, ada.state.alarms, ada.state.reason) == (
        'alarm', ('seam',), 'a reason')
    refused = Event(EventName.RESUME_REFUSED, 'resume refused', 1, {'by': 'ada'}).stamped(
        'e1', 'control_arbiter', time.time_ns())
    stage.bench.until(lambda: ada.events, 'event', each=lambda: stage.publish(
        topics.EVENTS, wire.event_to_status(refused)))
    stage.bench.until(lambda: stage.relay.shell.metrics.cell(
        'teleop_round_trip_seconds').value > 0, 'a round trip')
    stage.do(ada.close())


def test_it_turns_less_often_while_nobody_is_there(stage: Stage) -> None:
    stage.bench.step()
    alone = stage.relay.shell._period
    ada = stage.client('ada')
    busy = stage.relay.shell._period
    assert (alone, busy) == (SECOND // 10, SECOND // 50)
    stage.do(ada.close())
    stage.bench.until(lambda: stage.relay.shell._period == alone, 'rest again')


def test_messages_that_are_not_ours_are_dropped_and_counted(stage: Stage) -> None:
    stage.bench.until(
        lambda: stage.count('topic_messages_rejected_total', topic=topics.CONTROL.name,
                            node='teleop_relay') > 1, 'count',
        each=lambda: stage.bench.probe.publish(topics.CONTROL, to_array([], 0)))


@pytest.mark.parametrize(('first', 'reason', 'code'), [
    (None, 'timeout', Close.TIMEOUT), ('junk', 'hello', Close.NO_HELLO),
    (json.dumps({'type': 'hello', 'token': 'a.b.c', 'protocol': 1}), 'malformed',
     Close.UNAUTHORIZED)])
def test_strangers_are_counted(stage: Stage, first: str | None, reason: str,
                               code: Close) -> None:
    async def work() -> int:
        async with aiohttp.ClientSession() as http, http.ws_connect(stage.url) as ws:
            if first:
                await ws.send_str(first)
            return (await closed(ws))[0]
    assert stage.do(work()) == code
    stage.counts(1, 'relay_logins_refused_total', reason=reason)


# --- starting -----------------------------------------------------------------------------------

def test_keys_are_made_where_there_are_none_and_kept_where_there_are(stage: Stage) -> None:
    folder = stage.bench.folder / 'keys'
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / 'operator.pem').stat().st_mode) == 0o600


def test_public_keys_of_a_folder_of_ones_own(bench: Bench, tmp_path: Path) -> None:
    private, public = make_keys(tmp_path / 'elsewhere')
    private.unlink()
    before = public.read_bytes()
    Stage(bench, keys=str(tmp_path / 'elsewhere')).close()
    assert public.read_bytes() == before
    assert not private.exists()
    assert not (bench.folder / 'keys').exists()


def test_a_port_in_use_is_one_line(stage: Stage, bench_of: Callable[[], Bench]) -> None:
    port = int(stage.url.split(':')[2].split('/')[0])
    with pytest.raises(ConfigError, match=rf'^teleop_relay: 127.0.0.1:{port} is in use: .+$'):
        bench_of().start('teleop_relay', TeleopRelay, port=port)


@pytest.fixture
def bench_of(namespace: str, tmp_path: Path) -> Iterator[Callable[[], Bench]]:
    """Give a second bench with a data directory of its own."""
    made: list[Bench] = []

    def make() -> Bench:
        made.append(Bench(f'{namespace}/other', tmp_path / 'other'))
        return made[-1]
    yield make
    for bench in made:
        bench.close()
