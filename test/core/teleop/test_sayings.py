"""Each refusal and each end has one plain sentence."""

import pytest

from flywheel_nodes.core.teleop.protocol import Ended, Login
from flywheel_nodes.core.teleop.sayings import ENDED, lets_nobody_in, LOGIN


@pytest.mark.parametrize('word', Login)
def test_each_refusal_says_what_to_do(word: Login) -> None:
    assert ': ' in LOGIN[word]
    assert lets_nobody_in(str(word), 4401) == LOGIN[word]


def test_words_of_later_relays_are_passed_on() -> None:
    assert lets_nobody_in('tired', 4999) == 'the relay lets nobody in: tired (4999)'
    assert lets_nobody_in('', 1006) == 'the relay lets nobody in: closed (1006)'


@pytest.mark.parametrize('word', Ended)
def test_each_end_of_a_lease_has_a_sentence(word: Ended) -> None:
    assert ENDED[str(word)]
