"""What a client must do, judged by what it said in the drill."""

from flywheel_nodes.core.teleop import asks, protocol
from flywheel_nodes.effects.teleop.conformance import Cases, need
from flywheel_nodes.effects.teleop.conformance_drill import FIRST, Notes, SECOND, STRAY, TTL_S

CASES: Cases[Notes] = Cases()
_HELD = (asks.Idle, asks.Drive, asks.Renew, asks.Release)
_NUMBERED = (asks.Idle, asks.Drive)


@CASES.add('hello', 'A client sends `hello` within 2 s, and nothing before it.')
async def _hello(notes: Notes) -> None:
    need(notes.hello, 'its first message was no hello')
    need(notes.greeted_s < protocol.HELLO_TIMEOUT_S, f'it took {notes.greeted_s:.1f} s')
    need(not notes.of('first', asks.Hello), 'it said hello twice')


@CASES.add('version', 'A client names the version of the protocol it speaks.')
async def _version(notes: Notes) -> None:
    named = notes.hello.protocol if notes.hello else None
    need(named == protocol.VERSION, f'it named {named}')


@CASES.add('secrets', 'A token travels in `hello` alone, never in an address or a header.')
async def _secrets(notes: Notes) -> None:
    token = notes.hello.token if notes.hello else ''
    need(token, 'it gave no token')
    need(token not in notes.request, 'the token is in the address or in a header')


@CASES.add('declared', 'Every message of a client is as messages.md declares it.')
async def _declared(notes: Notes) -> None:
    need(notes.hello and not notes.unfit,
              f'{len(notes.unfit)} were not, the first: {notes.unfit[:1]}')


@CASES.add('to the end', 'A client leaves aside types, fields and words that it does not know.')
async def _to_the_end(notes: Notes) -> None:
    need(notes.finished, f'it left the drill after {list(notes.stages) or "nothing"}')


@CASES.add('pong', 'A client answers each `ping` with a `pong` that carries its `t0`.')
async def _pong(notes: Notes) -> None:
    need(FIRST.epoch in notes.pings, 'a ping was not answered')


@CASES.add('stray grant', 'A `grant` that a client has not asked for gives it nothing.')
async def _stray(notes: Notes) -> None:
    need(notes.hello, 'it did not come that far')
    said = [one for stage in notes.stages for one in notes.of(stage, *_HELD)]
    need(not any(one.lease == STRAY.lease for one in said), 'it used a stray grant')


@CASES.add('authority', 'All that the holder says names the lease and the epoch as granted.')
async def _authority(notes: Notes) -> None:
    for grant in (FIRST, SECOND):
             said = notes.of(grant.lease, *_HELD)
             need(said, f'it said nothing under the lease {grant.lease}')
             wrong = [one for one in said
                      if one.lease != STRAY.lease and (one.lease, one.epoch) != (
                          grant.lease, grant.epoch)]
             need(not wrong, f'it said {wrong[:1]} under {grant.lease}')


@CASES.add(
    'sequence', '`seq` rises strictly over `idle` and `drive`, and starts anew with each lease.')
async def _sequence(notes: Notes) -> None:
    for grant in (FIRST, SECOND):
             found = [one.seq for one in notes.of(grant.lease, *_NUMBERED)]
             need(found, f'it did not drive under the lease {grant.lease}')
             need(all(a < b for a, b in zip([0, *found], found, strict=False)),
                  f'seq went {found[:9]} under {grant.lease}')


@CASES.add(
    'neutral first',
    'After a `grant` a client is neutral before the first press: `idle`, or `drive` without '
    'deadman.')
async def _neutral(notes: Notes) -> None:
    for grant in (FIRST, SECOND):
             said = notes.of(grant.lease, *_NUMBERED)
             need(said and (isinstance(said[0], asks.Idle) or not said[0].deadman),
                  f'it pressed at once under {grant.lease}')


@CASES.add('renew', 'A client renews its lease well before `ttl` has passed.')
async def _renew(notes: Notes) -> None:
    need(notes.waits, 'it never renewed')
    need(min(notes.waits) < TTL_S, f'it waited {min(notes.waits):.1f} s')


@CASES.add(
    'ended',
    'After `ended` a client says nothing more under that lease; only another `claim` begins '
    'another.')
async def _ended(notes: Notes) -> None:
    need('after the end' in notes.stages, 'it did not come that far')
    need(not notes.of('after the end', *_HELD), 'it went on under a lease that had ended')


@CASES.add('release', 'A client that leaves on its own gives its lease back with `release`.')
async def _release(notes: Notes) -> None:
    need(notes.of(SECOND.lease, asks.Release) or notes.of('leaving', asks.Release),
              'it did not release')
