from flywheel_nodes.core.calls import Calls, Identities, MOST
from flywheel_nodes.core.clock import MILLISECOND, SECOND


def test_an_answer_belongs_to_the_request_of_its_identity() -> None:
    calls = Calls(1.0)
    calls.asked(7, 'move', 0)
    calls.asked(8, 'stop', 0, told=False)
    found = calls.answered(8)
    assert found and (found.what, found.told) == ('stop', False)
    assert calls.answered(8) is None, 'once'
    assert calls.answered(99) is None, "somebody else's"
    assert [one.what for one in calls.overdue(2 * SECOND)] == ['move']


def test_what_is_not_answered_in_time_is_told_once() -> None:
    calls = Calls(0.5)
    calls.asked(1, 'claim', 0)
    assert calls.overdue(500 * MILLISECOND) == []
    assert [one.what for one in calls.overdue(501 * MILLISECOND)] == ['claim']
    assert calls.overdue(2 * SECOND) == [] and calls.answered(1) is None


def test_what_waits_is_bounded() -> None:
    calls = Calls(100.0)
    for identity in range(MOST + 3):
        calls.asked(identity, str(identity), 0)
    assert [one.what for one in calls.overdue(1)] == ['0', '1', '2']
    assert calls.overdue(2) == []


def test_the_identities_of_two_clients_are_never_the_same() -> None:
    ours, theirs = Identities(1), Identities(2)
    given = {ours.next() for _ in range(100)}
    assert len(given) == 100 and all(map(ours.ours, given))
    assert not any(map(theirs.ours, given)) and not ours.ours(theirs.next())
    assert all(0 < one < 2**63 for one in given)
    assert not ours.ours(1_800_000_000_000_000_000), 'a time in ns, as others use'
