"""What a relay must do about leases, help and stops."""

import asyncio

from flywheel_nodes.core.control import Sight
from flywheel_nodes.core.events import Outcome, Reason
from flywheel_nodes.core.teleop import answers, asks
from flywheel_nodes.core.teleop.asks import Ask
from flywheel_nodes.core.teleop.protocol import Reject, Scope, VERSION
from flywheel_nodes.effects.teleop.conformance import Cases, need, SkippedError
from flywheel_nodes.effects.teleop.conformance_peer import Peer, RelayBench

BUSY_S = 5.0
FLOOD = 400
CASES: Cases[RelayBench] = Cases()


# --- the lease ----------------------------------------------------------------------------------

@CASES.add(
    'one holder',
    'Exactly one connection holds the lease; a second `claim` gets `deny` with the name of the '
    'holder.')
async def _one_holder(bench: RelayBench) -> None:
    async with bench.friend() as first, bench.friend() as second:
        await claim(first)
        await second.say(asks.Claim(sight=Sight.DIRECT))
        denied = await second.next_of(answers.Deny)
        need(denied.holder == first.welcome.operator, f'it named {denied.holder!r}')


@CASES.add(
    'lease of others',
    'What names the lease of another connection or epoch is refused with `lease`.')
async def _of_others(bench: RelayBench) -> None:
    async with bench.friend() as first, bench.friend() as second:
        grant = await claim(first)
        wrong = ((second, grant.lease, grant.epoch), (first, grant.lease, grant.epoch + 1),
                 (first, grant.lease + 'x', grant.epoch))
        for peer, lease, epoch in wrong:
            await peer.say(asks.Idle(lease=lease, epoch=epoch, seq=1))
            got = await peer.refused('idle')
            need(got == Reject.LEASE, f'idle was refused as {got}')


@CASES.add(
    'sight',
    '`claim` by `video` is granted where `welcome` names a camera, and refused with `sight` where '
    'it names none.')
async def _sight(bench: RelayBench) -> None:
    async with bench.friend() as peer:
        if peer.welcome.cameras:
            await claim(peer, Sight.VIDEO)
            return
        await peer.say(asks.Claim(sight=Sight.VIDEO))
        got = await peer.refused('claim')
        need(got == Reject.SIGHT, f'it was refused as {got}')


@CASES.add('sequence', 'A `seq` that does not rise is refused with `sequence`.')
async def _sequence(bench: RelayBench) -> None:
    async with bench.friend() as peer:
        grant = await claim(peer)
        await _accepted(peer, grant, _drive(grant, 7))
        for seq in (7, 6, 0):
            await peer.say(_drive(grant, seq))
            got = await peer.refused('drive')
            need(got == Reject.SEQUENCE, f'{seq} after 7 was refused as {got}')
        await _accepted(peer, grant, _drive(grant, 1 << 62))


@CASES.add(
    'values',
    'A value out of range, or an axis or joint that is not in `welcome`, is refused with `value`.')
async def _values(bench: RelayBench) -> None:
    async with bench.friend() as peer:
        grant = await claim(peer)
        for axes in ({'no such axis': 0.0}, {peer.welcome.axes[0]: 1.5}):
            await peer.say(_drive(grant, 1, axes))
            got = await peer.refused('drive')
            need(got == Reject.VALUE, f'{axes} was refused as {got}')


@CASES.add(
    'expiry', 'A lease that is not renewed ends after `ttl` with `ended` because `expired`.')
async def _expiry(bench: RelayBench) -> None:
    async with bench.friend() as peer:
        grant = await claim(peer)
        ended = await peer.next_of(answers.Ended)
        need(ended.because == 'expired' and ended.epoch == grant.epoch, f'it said {ended}')
        await peer.say(asks.Renew(lease=grant.lease, epoch=grant.epoch))
        need(await peer.refused('renew') == Reject.LEASE, 'a late renew revived it')


@CASES.add('renew', '`renew` prolongs the lease for `ttl`.')
async def _renew(bench: RelayBench) -> None:
    async with bench.friend() as peer:
        grant = await claim(peer)
        for _ in range(6):
            await asyncio.sleep(grant.ttl / 3)
            await peer.say(asks.Renew(lease=grant.lease, epoch=grant.epoch))
            await peer.next_of(answers.Renewed)
        await _accepted(peer, grant, asks.Idle(lease=grant.lease, epoch=grant.epoch, seq=1))


@CASES.add('lost', 'A lease ends with its connection, and the next has a higher epoch.')
async def _lost(bench: RelayBench) -> None:
    async with bench.friend() as first, bench.friend() as second:
        before = await claim(first)
        await first.leave()
        after = await claim(second)
        need(after.epoch > before.epoch, f'epoch {after.epoch} came after {before.epoch}')
        need(after.lease != before.lease, 'the lease has the same name again')


@CASES.add('release', '`release` is answered with `ended` because `released`.')
async def _release(bench: RelayBench) -> None:
    async with bench.friend() as peer:
        grant = await claim(peer)
        await peer.say(asks.Release(lease=grant.lease, epoch=grant.epoch, reason=Reason.OTHER,
                                    outcome=Outcome.UNKNOWN))
        ended = await peer.next_of(answers.Ended)
        need(ended.because == 'released' and ended.epoch == grant.epoch, f'it said {ended}')
        await peer.say(_drive(grant, 99))
        need(await peer.refused('drive') == Reject.LEASE, 'it drove after its release')


@CASES.add(
    'take', '`take` gives the lease to a supervisor, and its holder gets `ended` because `taken`.')
async def _take(bench: RelayBench) -> None:
    token = bench.tokens(Scope.SUPERVISE)
    if token is None:
        raise SkippedError('no token of scope supervise was given')
    async with bench.friend() as first, bench.stranger() as second:
        await claim(first)
        await second.say(asks.Hello(protocol=VERSION, token=token))
        await second.next_of(answers.Welcome)
        await second.say(asks.Take(sight=Sight.DIRECT))
        await second.next_of(answers.Grant)
        because = (await first.next_of(answers.Ended)).because
        need(because == 'taken', f'the holder was told {because}')


@CASES.add('help', 'A help request that is not open is refused with `help`.')
async def _help(bench: RelayBench) -> None:
    async with bench.friend() as peer:
        for ask in (asks.HelpAccept(id='no such'), asks.HelpDismiss(id='no such'),
                    asks.HelpPicture(id='no such')):
            await peer.say(ask)
            got = await peer.refused(ask.kind)
            need(got == Reject.HELP, f'{ask.kind} was refused as {got}')


# --- the stop, last, because it is latched ------------------------------------------------------

@CASES.add(
    'stop by anybody',
    'Any client may `stop`, whoever holds the lease, which then ends because `stopped`.')
async def _stop(bench: RelayBench) -> None:
    async with bench.friend() as first, bench.friend() as second:
        await claim(first)
        await second.say(asks.Stop())
        await second.next_of(answers.Accepted, lambda one: one.of == 'stop')
        because = (await first.next_of(answers.Ended)).because
        need(because == 'stopped', f'the holder was told {because}')


@CASES.add('stop in a flood', 'A `stop` is never refused for rate.')
async def _stop_in_a_flood(bench: RelayBench) -> None:
    async with bench.friend() as peer:
        rate = int(peer.welcome.limits.message_rate)
        for number in range(min(FLOOD, rate + 50)):
            await peer.say(asks.Ping(t0=number))
        await peer.say(asks.Stop())
        await peer.next_of(answers.Accepted, lambda one: one.of == 'stop')


# --- what the cases share -----------------------------------------------------------------------

async def claim(peer: Peer, sight: Sight = Sight.DIRECT) -> answers.Grant:
    """Claim until it is granted: the lease of the case before may be ending still."""
    end = asyncio.get_running_loop().time() + BUSY_S
    while True:
        await peer.say(asks.Claim(sight=sight))
        grant = await _first(peer, 'claim')
        if grant:
            return grant
        need(asyncio.get_running_loop().time() < end,
             f'the lease was not granted within {BUSY_S:g} s')
        await asyncio.sleep(0.1)


async def _first(peer: Peer, of: str) -> answers.Grant | None:
    while True:
        answer = await peer.next_of(answers.Answer)
        if isinstance(answer, answers.Grant):
            return answer
        if isinstance(answer, answers.Deny) or (
                isinstance(answer, answers.Reject) and answer.of == of):
            return None


async def _accepted(peer: Peer, grant: answers.Grant, ask: Ask) -> None:
    """Send what has no answer, and see that it is not refused before the answer to a ping."""
    end = asyncio.get_running_loop().time() + BUSY_S
    while True:
        await peer.say(asks.Renew(lease=grant.lease, epoch=grant.epoch))
        await peer.say(ask)
        await peer.say(asks.Ping(t0=1))
        said = None
        while not isinstance(said, answers.Pong):
            said = await peer.next_of(answers.Answer)
            if isinstance(said, answers.Reject):
                break
        if isinstance(said, answers.Pong):
            return
        assert isinstance(said, answers.Reject)
        late = asyncio.get_running_loop().time() > end
        need(said.reason == Reject.BUSY and not late, f'{ask.kind} was refused ({said.reason})')
        await peer.next_of(answers.Pong)
        await asyncio.sleep(0.1)


def _drive(grant: answers.Grant, seq: int, axes: dict[str, float] | None = None) -> asks.Drive:
    """Return a command that moves nothing: the deadman is let go."""
    return asks.Drive(lease=grant.lease, epoch=grant.epoch, seq=seq, t_client=seq, deadman=False,
                      axes=axes or {})
