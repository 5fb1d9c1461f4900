"""What a relay must do, tried from outside; nothing here moves the robot, though stops stop it."""

from flywheel_nodes.core.teleop import answers, asks
from flywheel_nodes.core.teleop.protocol import Close, Reject, Scope, VERSION
from flywheel_nodes.effects.teleop import conformance_lease
from flywheel_nodes.effects.teleop.conformance import Case, Cases, need, SkippedError
from flywheel_nodes.effects.teleop.conformance_lease import claim
from flywheel_nodes.effects.teleop.conformance_peer import RelayBench

_FIRST: Cases[RelayBench] = Cases()
_LAST: Cases[RelayBench] = Cases()


# --- who is let in ------------------------------------------------------------------------------

@_FIRST.add(
    'hello first', 'A first message that is no valid `hello` closes the connection with `4400`.')
async def _hello_first(bench: RelayBench) -> None:
    for first in (asks.Stop(), '{"type": "hello"}', '{', b'hello'):
        async with bench.stranger() as peer:
            await peer.say(first)
            code = await peer.closed()
            need(code == Close.NO_HELLO, f'{first!r} first was answered with {code}')


@_FIRST.add('no token', 'A token that is not accepted closes the connection with `4401`.')
async def _no_token(bench: RelayBench) -> None:
    async with bench.stranger() as peer:
        await peer.say(asks.Hello(protocol=VERSION, token='no.token.atall'))
        code = await peer.closed()
        need(code == Close.UNAUTHORIZED, f'it was closed with {code}')


@_FIRST.add(
    'version', 'A `hello` of another version of the protocol closes the connection with `4401`.')
async def _version(bench: RelayBench) -> None:
    async with bench.stranger() as peer:
        await peer.say(asks.Hello(protocol=VERSION + 99, token=bench.token()))
        code = await peer.closed()
        need(code == Close.UNAUTHORIZED, f'it was closed with {code}')


@_FIRST.add('token once', 'A token opens one connection.')
async def _token_once(bench: RelayBench) -> None:
    hello = asks.Hello(protocol=VERSION, token=bench.token())
    async with bench.stranger() as first, bench.stranger() as second:
        await first.say(hello)
        await first.next_of(answers.Welcome)
        await second.say(hello)
        code = await second.closed()
        need(code == Close.UNAUTHORIZED, f'the second was closed with {code}')


@_FIRST.add('welcome', 'After a good `hello` come `welcome`, `state` and `help`.')
async def _welcome(bench: RelayBench) -> None:
    async with bench.friend() as peer:
        need(peer.welcome.protocol == VERSION, f'it speaks version {peer.welcome.protocol}')
        await peer.next_of(answers.State)
        await peer.next_of(answers.Help)


@_FIRST.add('states', '`state` comes again and again without being asked for.')
async def _states(bench: RelayBench) -> None:
    async with bench.friend() as peer:
        for _ in range(3):
            await peer.next_of(answers.State)


@_FIRST.add('ping', 'A `ping` is answered with a `pong` that carries its `t0`.')
async def _ping(bench: RelayBench) -> None:
    async with bench.friend() as peer:
        await peer.say(asks.Ping(t0=4711))
        pong = await peer.next_of(answers.Pong)
        need(pong.t0 == 4711 and pong.t1 <= pong.t2, f'it said {pong}')


# --- what is refused ----------------------------------------------------------------------------

@_FIRST.add(
    'refusals',
    'A message that is refused is answered with `reject` and its reason, and the connection goes '
    'on.')
async def _refusals(bench: RelayBench) -> None:
    wrong: tuple[tuple[str | bytes, Reject], ...] = (
        ('{"type": "dance"}', Reject.KIND), ('{"type": "welcome"}', Reject.KIND),
        ('{"type": "stop", "extra": 1}', Reject.SHAPE), ('{"type": "ping"}', Reject.SHAPE),
        ('{"type": "ping", "t0": -1}', Reject.VALUE), ('[1]', Reject.MALFORMED),
        ('{"type": "ping", "t0": 1, "t0": 1}', Reject.MALFORMED),
        ('{"type": "ping", "t0": NaN}', Reject.MALFORMED), ('[' * 100, Reject.DEPTH),
        (b'{"type": "stop"}', Reject.BINARY))
    async with bench.friend() as peer:
        for said, reason in wrong:
            await peer.say(said)
            got = await peer.refused()
            need(got == reason, f'{said[:60]!r} was refused as {got}, not {reason}')
        await peer.say(asks.Ping(t0=1))
        await peer.next_of(answers.Pong)


@_FIRST.add('too long', 'A message of more than 4096 bytes closes the connection with 1009.')
async def _too_long(bench: RelayBench) -> None:
    async with bench.friend() as peer:
        await peer.say('{"type": "ping", "t0": 1, "x": "' + 'x' * 5000 + '"}')
        code = await peer.closed()
        need(code == 1009, f'it was closed with {code}')


@_FIRST.add('scope', 'A message beyond the scope of the token is refused with `scope`.')
async def _scope(bench: RelayBench) -> None:
    token = bench.tokens(Scope.VIEW)
    if token is None:
        raise SkippedError('no token of scope view was given')
    async with bench.stranger() as peer:
        await peer.say(asks.Hello(protocol=VERSION, token=token))
        await peer.next_of(answers.Welcome)
        for ask in (asks.Claim(), asks.Resume(), asks.Take()):
            await peer.say(ask)
            got = await peer.refused(ask.kind)
            need(got == Reject.SCOPE, f'{ask.kind} was refused as {got}')


@_FIRST.add(
    'come back',
    'The `resume` secret of `welcome` opens connections of scope `view`; it gives back no lease.')
async def _come_back(bench: RelayBench) -> None:
    async with bench.friend() as peer:
        secret = peer.welcome.resume
        if not secret:
            raise SkippedError('the relay gives no secret to come back with')
        await claim(peer)
    async with bench.friend(resume=secret) as peer:
        need(peer.welcome.scope == Scope.VIEW, f'it came back with {peer.welcome.scope}')
        await peer.say(asks.Claim())
        got = await peer.refused('claim')
        need(got == Reject.SCOPE, f'claim was refused as {got}')


@_LAST.add('declared', 'Every message of the relay is as messages.md declares it.')
async def _declared(bench: RelayBench) -> None:
    need(not bench.unfit, f'{len(bench.unfit)} were not, the first: {bench.unfit[:1]}')


CASES: list[Case[RelayBench]] = [*_FIRST, *conformance_lease.CASES, *_LAST]
