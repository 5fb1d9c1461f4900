"""At most one holder, epochs that only rise, and nothing that revives a lease."""

from hypothesis import given
from hypothesis import strategies as st

from flywheel_nodes.core.teleop.lease import Lease, LeaseBook

TTL = 3_000
CLIENTS = st.integers(1, 3)
DEEDS = st.lists(st.tuples(st.sampled_from(('claim', 'renew', 'renew_old', 'end', 'expire')),
                           CLIENTS, st.integers(0, 2_000)), max_size=60)


def claim(book: LeaseBook, client: int, now: int) -> Lease | None:
    return book.claim(client, f'operator {client}', f'lease {now}', now)


def renew(book: LeaseBook, lease: Lease, now: int) -> Lease | None:
    return book.renew(lease.client, lease.id, lease.epoch, now)


@given(DEEDS)
def test_one_holder_rising_epochs_and_no_revival(deeds: list[tuple[str, int, int]]) -> None:
    book, now, granted = LeaseBook(TTL, 1000), 0, list[Lease]()
    valid_until = 0  # of the newest lease; the model the book is held against
    for deed, client, step in deeds:
        now += step
        if deed == 'claim':
            expired = book.expire(now)
            assert expired is None or now >= valid_until
            lease = claim(book, client, now)
            assert (lease is None) == (now < valid_until)
            if lease:
                assert all(lease.epoch > old.epoch for old in granted)
                granted.append(lease)
                valid_until = now + TTL
        elif deed == 'renew' and granted:
            renewed = renew(book, granted[-1], now)
            assert (renewed is not None) == (now < valid_until)
            valid_until = now + TTL if renewed else valid_until
        elif deed == 'renew_old' and len(granted) > 1:
            assert renew(book, granted[-2], now) is None
        elif deed == 'end':
            book.end()
            valid_until = 0
        elif deed == 'expire' and book.expire(now):
            assert now >= valid_until
            valid_until = 0
        holder = book.holder(now)
        assert (holder is not None) == (now < valid_until)
        assert holder is None or holder.epoch == granted[-1].epoch


def test_a_lease_belongs_to_one_connection_id_and_epoch() -> None:
    book = LeaseBook(TTL, 1000)
    lease = claim(book, 1, 0)
    assert lease == book.held(1, lease.id, lease.epoch, 10)
    assert book.held(2, lease.id, lease.epoch, 10) is None
    assert book.held(1, 'other', lease.epoch, 10) is None
    assert book.held(1, lease.id, lease.epoch - 1, 10) is None


def test_an_expired_lease_is_neither_held_nor_renewed() -> None:
    book = LeaseBook(TTL, 1000)
    lease = claim(book, 1, 0)
    assert book.held(1, lease.id, lease.epoch, TTL) is None
    assert renew(book, lease, TTL) is None
    assert book.holder(TTL) is None
    assert book.expire(TTL) == lease
    assert book.expire(TTL) is None


def test_epochs_rise_across_restarts() -> None:
    before = LeaseBook(TTL, 1_700_000_000_000)
    last = claim(before, 1, 0)
    after = LeaseBook(TTL, 1_700_000_000_500)
    assert claim(after, 1, 0).epoch > last.epoch
