"""Whoever wants a lease or a way back that is not theirs, over real sockets."""

import json
from typing import Any

import aiohttp
import pytest

from flywheel_nodes.core.control import Request
from flywheel_nodes.core.teleop.deeds import Audited
from flywheel_nodes.core.teleop.protocol import Close, Login, Reject, Scope
from test.effects.teleop.attack import enter, run, served
from test.effects.teleop.relay import (
    closed,
    next_of,
    Served,
    talk,
    token,
    until,
)

__all__ = ['served']


async def come_back(served: Served, secret: str) -> str | tuple[int, str]:
    """Return the scope that a resume secret gives, or how the relay closes."""
    async def work(ws: Any) -> Any:
        await ws.send_json({'type': 'hello', 'protocol': 1, 'resume': secret})
        message = await ws.receive()
        if message.type is not aiohttp.WSMsgType.TEXT:
            return message.data, message.extra
        welcome = json.loads(message.data)
        assert not welcome.get('resume')
        await ws.send_json({'type': 'claim'})
        assert (await next_of(ws, 'reject'))['reason'] == 'scope'
        return welcome['scope']
    found: str | tuple[int, str] = await talk(served, work)
    return found


VOID = (Close.UNAUTHORIZED, 'resume')


def test_a_resume_is_for_watching_and_a_lease_never_resumes(served: Served) -> None:
    async def work() -> None:
        async with aiohttp.ClientSession() as http:
            ws = await http.ws_connect(served.url)
            secret = (await enter(ws, token(scope=Scope.SUPERVISE)))['resume']
            await ws.send_json({'type': 'claim'})
            await next_of(ws, 'grant')
            await ws.close()
            await until(lambda: Request.RELEASE in served.requests(), 'the end of the lease')
            assert await come_back(served, secret) == 'view'
            assert await come_back(served, secret) == 'view'
    run(work())


@pytest.mark.parametrize('how', ['logout', 'stop', 'take'])
def test_a_resume_secret_is_void_after(how: str, served: Served) -> None:
    async def work() -> None:
        async with aiohttp.ClientSession() as http:
            ws = await http.ws_connect(served.url)
            secret = (await enter(ws))['resume']
            await ws.send_json({'type': 'claim'})
            await next_of(ws, 'grant')
            boss = await http.ws_connect(served.url)
            await enter(boss, token('bob', Scope.SUPERVISE))
            await (ws if how == 'logout' else boss).send_json({'type': how})
            await until(lambda: Request.RELEASE in served.requests()
                        or Request.STOP in served.requests(), 'the end of the lease')
            assert await come_back(served, secret) == VOID
    run(work())
    assert served.server.door.refused[Login.RESUME] == 1


def test_logging_out_cuts_who_came_with_the_secret(served: Served) -> None:
    async def work() -> None:
        async with aiohttp.ClientSession() as http:
            ws, follower = [await http.ws_connect(served.url) for _ in range(2)]
            secret = (await enter(ws))['resume']
            await follower.send_json({'type': 'hello', 'protocol': 1, 'resume': secret})
            await next_of(follower, 'welcome')
            await ws.send_json({'type': 'logout'})
            assert await closed(ws) == (Close.LOGOUT, 'logout')
            assert (await closed(follower))[0] == 1006
    run(work())


def test_a_resume_secret_ends_with_its_time() -> None:
    with Served(resume_lifetime=0.0) as served:
        secret = run(talk(served, enter))['resume']
        assert run(come_back(served, secret)) == VOID


def test_lease_theft(served: Served) -> None:
    async def work() -> None:
        async with aiohttp.ClientSession() as http:
            ada, thief = [await http.ws_connect(served.url) for _ in range(2)]
            await enter(ada)
            await enter(thief, token('mallory'))
            await ada.send_json({'type': 'claim'})
            grant = await next_of(ada, 'grant')
            lease = {'lease': grant['lease'], 'epoch': grant['epoch']}
            drive = {'type': 'drive', **lease, 'seq': 9, 't_client': 1, 'deadman': True,
                     'axes': {'vx': 1.0}}
            for message in (drive, {'type': 'renew', **lease},
                            {'type': 'idle', **lease, 'seq': 9},
                            {'type': 'release', **lease, 'reason': 'other',
                             'outcome': 'success'}):
                await thief.send_json(message)
                assert (await next_of(thief, 'reject'))['reason'] == 'lease'
            await thief.send_json({'type': 'take'})
            assert (await next_of(thief, 'reject'))['reason'] == 'scope'
            await thief.send_json({'type': 'claim'})
            assert (await next_of(thief, 'deny'))['holder'] == 'ada'
            assert not served.driven()
            await ada.send_json({**drive, 'seq': 1})
            await until(served.driven, 'the holder drives')
    run(work())
    assert served.server.relay.rejected[Reject.LEASE] == 4
    assert served.server.relay.rejected[Reject.SCOPE] == 1


def test_a_supervisor_takes_the_lease_and_the_old_holder_moves_nothing(served: Served) -> None:
    async def work() -> None:
        async with aiohttp.ClientSession() as http:
            ada, boss = [await http.ws_connect(served.url) for _ in range(2)]
            await enter(ada)
            await enter(boss, token('bob', Scope.SUPERVISE))
            await ada.send_json({'type': 'claim'})
            old = await next_of(ada, 'grant')
            await boss.send_json({'type': 'take'})
            new = await next_of(boss, 'grant')
            assert new['epoch'] > old['epoch']
            assert (await next_of(ada, 'ended'))['because'] == 'taken'
            await ada.send_json({
                'type': 'drive', 'lease': old['lease'], 'epoch': old['epoch'], 'seq': 5,
                't_client': 1, 'deadman': True, 'axes': {'vx': 1.0}})
            assert (await next_of(ada, 'reject'))['reason'] == 'lease'
            assert not served.driven()
    run(work())
    said = [line[0] for line in served.audited]
    assert said.index(Audited.LEASE_TAKEN) < said.index(Audited.LEASE_ENDED)
    taken = next(line for line in served.audited if line[0] is Audited.LEASE_TAKEN)
    assert taken[1:3] == ('bob', '127.0.0.1')


def test_a_stale_ack_after_a_reconnect_arms_nothing(served: Served) -> None:
    async def work() -> None:
        async with aiohttp.ClientSession() as http:
            first = await http.ws_connect(served.url)
            await enter(first)
            await first.send_json({'type': 'claim'})
            old = await next_of(first, 'grant')
            await first.close()
            await until(lambda: Request.RELEASE in served.requests(), 'release')
            second = await http.ws_connect(served.url)
            await enter(second)
            for kind in ('renew', 'idle', 'drive'):
                fields: dict[str, Any] = {'lease': old['lease'], 'epoch': old['epoch']}
                if kind != 'renew':
                    fields['seq'] = 100
                if kind == 'drive':
                    fields.update(t_client=1, deadman=True, axes={'vx': 1.0})
                await second.send_json({'type': kind, **fields})
                assert (await next_of(second, 'reject'))['reason'] == 'lease'
    run(work())
    assert not served.driven()
