"""Resume secrets: bounded in number and time, void when revoked, kept as digests only."""

from flywheel_nodes.core.teleop.resumes import Resumes


def test_good_until_its_time_is_over() -> None:
    one = Resumes(lifetime_ns=100)
    one.give('s', 1, 'ada', 0)
    assert one.find('s', 99).operator == 'ada'
    assert one.find('x', 99) is None
    assert one.find('s', 100) is None
    assert len(one) == 0


def test_revoked_by_connection_or_person() -> None:
    one = Resumes()
    for client, operator in ((1, 'ada'), (2, 'ada'), (3, 'bob')):
        one.give(f's{client}', client, operator, 0)
    one.revoke(1)
    assert [one.find(f's{n}', 0) is not None for n in (1, 2, 3)] == [False, True, True]
    one.revoke_all_of('ada')
    assert [one.find(f's{n}', 0) is not None for n in (1, 2, 3)] == [False, False, True]


def test_the_oldest_goes_when_there_are_too_many() -> None:
    one = Resumes(most=2)
    for n in range(3):
        one.give(f's{n}', n, 'ada', 0)
    assert len(one) == 2
    assert one.find('s0', 0) is None
    assert one.find('s2', 0)


def test_no_secret_is_kept() -> None:
    one = Resumes()
    one.give('very secret', 1, 'ada', 0)
    assert 'very secret' not in repr(vars(one))
