from flywheel_nodes.core.recording.ring import Record
from flywheel_nodes.nodes.inlet import Arrival
from flywheel_nodes.nodes.once import Once


def arrival(publisher: bytes, source_ns: int, sequence: int = 0) -> Arrival:
    return Arrival(0, 0, source_ns, sequence, publisher, 0)


def test_a_message_that_two_subscriptions_hear_passes_once() -> None:
    taken: list[bytes] = []
    once = Once(lambda data, _: taken.append(data), most=3)
    for source in (1, 2, 1, 2, 3):
        once(bytes([source]), arrival(b'a', source))
    once(b'other', arrival(b'b', 1))
    assert taken == [b'\x01', b'\x02', b'\x03', b'other']
    assert len(once._seen) == 3


def test_two_that_were_sent_in_the_same_moment_both_pass() -> None:
    taken: list[bytes] = []
    once = Once(lambda data, _: taken.append(data))
    once(b'one', arrival(b'', 1, sequence=7))
    once(b'two', arrival(b'', 1, sequence=8))
    assert taken == [b'one', b'two']


def test_what_was_heard_before_does_not_pass_again() -> None:
    taken: list[bytes] = []
    held: list[tuple[bytes, Record]] = []
    heard = [Record(1, 0, 0, source, number, b'') for number, source in ((9, 4), (8, 3), (7, 2))]
    once = Once(lambda data, _: taken.append(data), heard, lambda *one: held.append(one), most=2)
    for sequence, source in ((7, 2), (8, 3), (9, 4), (10, 5)):
        once(bytes([sequence]), arrival(b'a', source, sequence))
    assert taken == [b'\x07', b'\x0a'], 'the two newest are remembered'
    assert [(whose, one.sequence, one.data) for whose, one in held] == [
        (b'a', 8, b'\x08'), (b'a', 9, b'\x09')], 'with what the new subscription got'


def test_what_was_heard_before_is_not_kept_in_memory() -> None:
    once = Once(lambda *_: None, [Record(1, 0, 0, n, n, bytes(1000)) for n in range(10)])
    assert len(once._heard) == 10
    assert not any(one.data for one in once._heard.values())
