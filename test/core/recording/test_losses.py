from collections import Counter

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.recording.losses import by_channel, by_place, LossLog, Where


def test_losses_are_told_by_place_and_channel() -> None:
    log = LossLog(100 * SECOND)
    log.note(10 * SECOND, Where.TRANSPORT, 1, 3)
    log.note(11 * SECOND, Where.TRANSPORT, 1, 4)
    log.note(11 * SECOND, Where.RING, 2)
    log.note(50 * SECOND, Where.RING, 2)
    assert log.between(10 * SECOND, 20 * SECOND) == {
        (Where.TRANSPORT, 1): 7, (Where.RING, 2): 1}


def test_old_losses_are_forgotten_and_a_flood_stays_small() -> None:
    log = LossLog(10 * SECOND)
    for n in range(100_000):
        log.note(n * SECOND // 1000, Where.RING, 1)
        if n % 1000 == 0:
            log.prune(n * SECOND // 1000)
    assert len(log._seconds) <= 12
    assert log.between(0, 1000 * SECOND)[Where.RING, 1] <= 12_000


def test_losses_are_told_by_place_and_by_what_is_written() -> None:
    lost = Counter({(Where.TRANSPORT, 1): 2, (Where.RING, 1): 3, (Where.ENCODER, 5): 4})
    assert by_place(lost) == {'transport': 2, 'ring': 3, 'encoder': 4}
    assert by_channel(lost, {5: 6}) == {1: {'transport': 2, 'ring': 3}, 6: {'encoder': 4}}
