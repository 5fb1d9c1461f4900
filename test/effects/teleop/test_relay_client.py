"""The client against a real server."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from flywheel_nodes.core.control import Gate, Mode, Request
from flywheel_nodes.core.errors import RelayError
from flywheel_nodes.core.events import Event, EventName, Phase
from flywheel_nodes.core.teleop.answers import Grant
from flywheel_nodes.core.teleop.protocol import Scope
from flywheel_nodes.effects.teleop.relay_client import LeaseDeniedError, RelayClient
from flywheel_nodes.effects.teleop.relay_watch import MOST_EVENTS
from flywheel_nodes.effects.teleop.tokens import mint
from test.effects.teleop.relay import KEY, LONGEST_S, Served, token, until

Work = Callable[[RelayClient], Awaitable[Any]]


@pytest.fixture
def served() -> Iterator[Served]:
    with Served(lease_ttl=30.0, state_rate=50.0) as made:  # no stall ends a lease
        yield made


def use(served: Served, work: Work, operator: str = 'ada', scope: Scope = Scope.DRIVE) -> Any:
    async def run() -> Any:
        async with RelayClient() as client:
            await client.connect(served.url, token(operator, scope))
            return await asyncio.wait_for(work(client), LONGEST_S)
    return asyncio.run(run())


async def join(served: Served, operator: str, scope: Scope = Scope.DRIVE) -> RelayClient:
    client = RelayClient()
    await client.connect(served.url, token(operator, scope))
    return client


def test_a_whole_intervention(served: Served) -> None:
    async def work(client: RelayClient) -> None:
        grant = await client.claim()
        await until(lambda: served.published, 'idle')
        served.control(Mode.HUMAN, epoch=grant.epoch)
        await client.wait_for(lambda s: s.mode == 'human' and s.vx is not None)
        await client.hold({'vx': 0.4}, seconds=0.2)
        client.mark('recovery')
        await client.drive({'wz': -0.2}, joints={'elbow': 0.1}, obs_id='o', frame='f')
        await client.release('stuck', 'success', 'kerb')
        assert client.lease is None
        assert client.ended == 'released'
    use(served, work)
    assert served.requests()[:4] == [Request.IDLE, Request.DRIVE, Request.IDLE, Request.DRIVE]
    last, release = served.driven()[-1], served.published[-1]
    assert (last.axes, last.joints, last.phase, last.obs_id, last.frame) == (
        (('wz', -0.2),), (('elbow', 0.1),), Phase.RECOVERY, 'o', 'f')
    assert (release.request, release.reason, release.outcome, release.note) == (
        Request.RELEASE, 'stuck', 'success', 'kerb')
    seqs = [c.seq for c in served.driven()]
    assert seqs == sorted(set(seqs))


def test_the_lease_is_kept_while_nothing_is_sent() -> None:
    async def work(client: RelayClient) -> None:
        grant = await client.claim()
        await asyncio.sleep(1.2 * grant.ttl)
        await client.drive({'vx': 0.1})
        await until(served.driven, 'the command')
    with Served(lease_ttl=6.0) as served:
        use(served, work)


def test_the_second_is_denied_until_the_first_lets_go(served: Served) -> None:
    async def work(client: RelayClient) -> None:
        other = await join(served, 'bob')
        await client.claim()
        with pytest.raises(LeaseDeniedError, match='ada holds the robot') as caught:
            await other.claim()
        assert caught.value.holder == 'ada'
        with pytest.raises(RelayError, match='no lease is held'):
            await other.drive({'vx': 1.0})
        assert (await other.wait_for(lambda s: s.holder == 'ada')).holder_epoch > 0
        await client.release()
        await other.claim()
        await other.close()
    use(served, work)


def test_a_viewer_stops_the_driver(served: Served) -> None:
    async def work(client: RelayClient) -> None:
        viewer = await join(served, 'eve', Scope.VIEW)
        await client.claim()
        await viewer.stop()
        await until(lambda: client.lease is None, 'the end of the lease')
        assert client.ended == 'stopped'
        with pytest.raises(RelayError, match=r'no lease is held.*stopped'):
            await client.drive({'vx': 1.0})
        with pytest.raises(RelayError, match=r'resume: refused by the relay \(scope\)'):
            await viewer.resume()
        await viewer.close()
    use(served, work)
    assert Request.STOP in served.requests()


def test_back_to_policy_asks_until_the_arbiter_agrees(served: Served) -> None:
    async def work(client: RelayClient) -> None:
        served.control(Mode.HOLD, Gate.HUMAN)
        task = asyncio.ensure_future(client.back_to_policy())
        await until(lambda: len({c.seq for c in served.published}) > 1, 'a second request')
        served.control(Mode.POLICY)
        assert (await task).mode == 'policy'
    use(served, work)


def test_back_to_policy_tells_why_not(served: Served) -> None:
    async def work(client: RelayClient) -> None:
        served.server.tell(Event(EventName.RESUME_REFUSED, 'resume refused: no leave', 1))
        served.server.tell(Event(EventName.SNIPPET_SAVED, 'x is saved', 1))
        await until(lambda: client.refused, 'the events')
        with pytest.raises(RelayError, match='resume refused: no leave'):
            await client.back_to_policy(0.1)
    use(served, work)


def test_hold_lets_go_and_presses_again_where_the_arbiter_does_not_follow(
        served: Served) -> None:
    async def work(client: RelayClient) -> None:
        grant = await client.claim()
        served.control(Mode.HUMAN, Gate.NEUTRAL_NEEDED, grant.epoch)
        await client.hold({'vx': 0.4}, seconds=1.6)
    use(served, work)
    assert served.requests().count(Request.IDLE) >= 3


def test_round_trips_are_measured_on_both_sides(served: Served) -> None:
    async def work(client: RelayClient) -> None:
        await until(lambda: client.round_trip_s is not None, 'the client measured')
        await until(lambda: served.server.relay.round_trips, 'the relay measured')
        assert 0.0 <= client.round_trip_s < 5.0
    use(served, work)


def test_states_are_a_stream(served: Served) -> None:
    async def work(client: RelayClient) -> list[str]:
        served.control(Mode.HOLD)
        seen = []
        async for state in client.states():
            seen.append(state.mode)
            if seen[-1] == 'policy':
                return seen
            if len(seen) == 3:
                served.control(Mode.POLICY)
        return seen
    assert use(served, work)[-1] == 'policy'


def test_a_relay_that_goes_away_is_noticed_by_all_who_wait(served: Served) -> None:
    async def work(client: RelayClient) -> None:
        await client.claim()
        waiting = asyncio.ensure_future(client.wait_for(lambda s: s.mode == 'human'))
        await asyncio.get_running_loop().run_in_executor(None, served.server.close)
        with pytest.raises(RelayError, match='gone'):
            await waiting
        assert not client.connected
        assert client.lease is None
        for what in (client.drive({}), client.idle(), client.claim(), client.stop()):
            with pytest.raises(RelayError):
                await what
    use(served, work)


def test_a_grant_that_nobody_waits_for_arms_nothing() -> None:
    client = RelayClient()
    asyncio.run(client._take(Grant(lease='old', epoch=1, ttl=3.0)))
    assert client.lease is None


def test_a_page_that_is_no_relay_is_told_so(served: Served) -> None:
    async def run() -> None:
        async with RelayClient() as client:
            await client.connect(served.url.replace('control', 'other'), token())
    with pytest.raises(RelayError, match=r'this is no relay \(HTTP 404\)$'):
        asyncio.run(run())


def test_a_full_relay_says_what_to_do() -> None:
    async def work(client: RelayClient) -> None:
        with pytest.raises(RelayError, match='too many are connected to the relay: try again'):
            await join(served, 'bob')
    with Served(max_clients=1) as served:
        use(served, work)


@pytest.mark.parametrize(('url', 'token', 'says'), [
    ('ws://127.0.0.1:1/control', 'x',
     r'^ws://127.0.0.1:1/control: no relay answers \(Connection refused\)$'),
    ('ws://robot.example:8765/control', 'x', 'does not travel without TLS'),
    ('127.0.0.1:8765', 'x', 'no address of a relay: give one like ws://'),
    ('ws://[::1', 'x', 'no address of a relay'),
    ('', 'junk', '^this is no token: .* `flywheel token`$'),
    ('', mint(KEY, 'sim', 'ada', Scope.DRIVE, lifetime_s=-60),
     '^the token has expired: make a new one with `flywheel token`$'),
    ('', lambda: mint(KEY, 'g1', 'ada', Scope.DRIVE), '^the token is for another robot: '),
])
def test_who_does_not_get_in_is_told_why(served: Served, url: str,
                                         token: str | Callable[[], str], says: str) -> None:
    async def run() -> None:
        async with RelayClient() as client:
            await client.connect(url or served.url, token)
    with pytest.raises(RelayError, match=says):
        asyncio.run(run())


def test_a_token_may_be_given_by_a_function(served: Served) -> None:
    async def later() -> str:
        return token()

    async def run() -> None:
        async with RelayClient() as client:
            for source in (token, later):
                assert (await client.connect(served.url, source)).operator == 'ada'
    asyncio.run(run())


def test_who_comes_back_may_watch_and_has_no_lease(served: Served) -> None:
    async def work(client: RelayClient) -> None:
        await client.claim()
        welcome = await client.reconnect()
        assert (welcome.scope, client.lease, client.ended) == ('view', None, 'connection_lost')
        await client.wait_for(lambda s: s.holder == '')
        with pytest.raises(RelayError, match=r'claim: refused by the relay \(scope\)'):
            await client.claim()
        await client.stop()
        await client.connect(served.url, token())
        await client.claim()
    use(served, work)


def test_who_was_never_there_cannot_come_back() -> None:
    with pytest.raises(RelayError, match='not connected'):
        asyncio.run(RelayClient().reconnect())


def test_steer_follows_the_controls_until_the_lease_is_over(served: Served) -> None:
    async def work(client: RelayClient) -> None:
        await client.claim()
        asked = iter([None, {'vx': 0.1}, {'vx': 0.2}, None, None])
        steering = asyncio.ensure_future(client.steer(lambda: next(asked, None)))
        await until(lambda: len(served.driven()) == 2, 'commands')
        await until(lambda: served.published[-1].request is Request.IDLE, 'the deadman released')
        await client.stop()
        assert await steering == 'stopped'
    use(served, work)
    assert [dict(c.axes) for c in served.driven()] == [{'vx': 0.1}, {'vx': 0.2}]


def test_events_come_one_by_one_and_are_bounded(served: Served) -> None:
    async def work(client: RelayClient) -> list[str]:
        events = client.events()
        served.server.tell(Event(EventName.SNIPPET_SAVED, 'x is saved', 1))
        first = (await anext(events)).sentence
        for number in range(MOST_EVENTS + 3):
            served.server.tell(Event(EventName.SNIPPET_SAVED, f'{number} is saved', 1))
            await until(lambda n=number: len(client._events) + client.events_lost > n, 'it')
        assert client.events_lost == 3
        found = [first, (await anext(events)).sentence]
        assert len(client.new_events()) == MOST_EVENTS - 1
        await asyncio.get_running_loop().run_in_executor(None, served.server.close)
        assert [one async for one in events] == []
        return found
    assert use(served, work) == ['x is saved', '3 is saved']


def test_help_is_shown_accepted_and_dismissed(served: Served) -> None:
    async def work(client: RelayClient) -> None:
        other = await join(served, 'bob')
        served.control(Mode.HOLD, Gate.MONITOR, reason='the monitor alarms')
        await until(lambda: client.help and other.help, 'the request')
        request = client.help[0]
        await client.accept(request.id)
        await until(lambda: other.help[0].operator == 'ada', 'the operator')
        with pytest.raises(RelayError, match='somebody else takes care of it'):
            await other.accept(request.id)
        await client.close()
        await until(lambda: other.help[0].operator == '', 'it lapses')
        await other.dismiss(request.id)
        await until(lambda: not other.help, 'the end')
        await other.close()
    use(served, work)


def test_a_supervisor_takes_the_robot(served: Served) -> None:
    async def work(client: RelayClient) -> None:
        boss = await join(served, 'eve', Scope.SUPERVISE)
        before = await client.claim()
        after = await boss.take()
        await until(lambda: client.ended == 'taken', 'the end of the lease')
        assert after.epoch > before.epoch
        await boss.close()
    use(served, work)
