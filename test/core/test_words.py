import pytest

from flywheel_nodes.core.events import Outcome
from flywheel_nodes.core.words import word


@pytest.mark.parametrize(('text', 'found'), [
    ('success', Outcome.SUCCESS), ('', Outcome.UNKNOWN), ('Success', Outcome.UNKNOWN)])
def test_a_word_is_read_or_stands_for_all_others(text: str, found: Outcome) -> None:
    assert word(Outcome, text, Outcome.UNKNOWN) is found
    assert f'{found}' == found.value
