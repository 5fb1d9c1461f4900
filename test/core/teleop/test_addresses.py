"""One address has its share, all addresses together a bound."""

from hypothesis import example, given
from hypothesis import strategies as st
import pytest

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.teleop.addresses import Addresses, FAILURES_AT_ONCE, grouped


@pytest.mark.parametrize(('address', 'group'), [
    ('10.0.0.7', '10.0.0.7'), ('::ffff:10.0.0.7', '10.0.0.7'), ('::1', '::1'),
    ('2001:db8::1', '2001:db8::/64'), ('2001:db8::ffff:1', '2001:db8::/64'),
    ('fe80::1%eth0', 'fe80::/64'), ('', ''), ('x', '')])
def test_an_ipv6_network_counts_as_one(address: str, group: str) -> None:
    assert grouped(address) == group


def test_so_many_connections_and_others_are_not_touched() -> None:
    one = Addresses(2, 10.0)
    assert [one.opened('a') for _ in range(3)] == [True, True, False]
    assert one.opened('b')
    one.closed('a')
    assert one.opened('a')


def test_failed_logins_close_the_door_for_a_while() -> None:
    one = Addresses(2, 10.0)
    for _ in range(int(FAILURES_AT_ONCE)):
        assert one.may_try('a', 0)
        one.failed('a')
    assert not one.may_try('a', 0)
    assert one.may_try('b', 0)
    assert one.may_try('a', SECOND)


def test_messages_of_all_connections_come_from_one_bucket() -> None:
    one = Addresses(9, 10.0)
    assert one.messages('a') is one.messages('a')
    assert one.messages('a') is not one.messages('b')


@given(st.lists(st.tuples(st.sampled_from(('opened', 'closed', 'failed', 'messages')),
                          st.integers(0, 12)), max_size=200))
@example([(deed, number) for deed in ('opened', 'closed') for number in range(6)])
def test_what_is_remembered_is_bounded_and_open_connections_are_not_forgotten(
        deeds: list[tuple[str, int]]) -> None:
    one, open_now = Addresses(3, 10.0, most=4), dict.fromkeys(map(str, range(13)), 0)
    for deed, number in deeds:
        address = str(number)
        if deed == 'closed' and not open_now[address]:
            continue  # only what was opened is closed
        done = getattr(one, deed)(address)
        if deed == 'opened':
            assert done == (open_now[address] < 3)
            open_now[address] += done
        open_now[address] -= deed == 'closed'
        assert len(one) <= 4 + sum(1 for count in open_now.values() if count) + 1
