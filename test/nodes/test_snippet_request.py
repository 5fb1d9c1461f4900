"""What becomes of a wish for a snippet, as events tell it."""

from flywheel_nodes.core.events import Event, EventName
from flywheel_nodes.nodes.snippet_request import Answer, Wish


def tell(answer: Answer, *story: tuple[EventName, dict[str, str]]) -> Answer:
    for number, (name, values) in enumerate(story):
        answer.hear(Event(name, '', number, values).stamped(str(number), 'x', number))
    return answer


def test_a_wish_says_who_and_why() -> None:
    event = Wish('ann', 'door stuck').event('me')
    assert event.sentence == 'ann asks for a snippet: door stuck'
    assert event.values == {'by': 'ann', 'reason': 'door stuck', 'name': ''}
    assert event.id and event.source == 'me'
    assert Wish('ann').event('me').sentence == 'ann asks for a snippet'


def test_only_the_refusal_of_this_wish_counts() -> None:
    refused = (EventName.TRIGGER_REFUSED, {'rule': 'r', 'because': 'cooldown', 'event': 'other'})
    assert not tell(Answer('mine'), refused).done
    refused[1]['event'] = 'mine'
    assert tell(Answer('mine'), refused).because == 'refused: cooldown'


def test_only_the_failure_of_its_own_snippet_counts() -> None:
    failed = (EventName.SNIPPET_FAILED, {'snippet': 's2', 'because': 'no room'})
    started = [(EventName.SNIPPET_STARTED, {'snippet': f's{n}', 'trigger': 't', 'event': event})
               for n, event in ((1, 'other'), (2, 'mine'))]
    assert not tell(Answer('mine'), failed).done
    assert not tell(Answer('mine'), started[0], failed).done
    answer = tell(Answer('mine'), *started, failed)
    assert answer.because == 'it could not be written: no room'


def test_a_snippet_that_cannot_be_read_here_is_not_the_answer() -> None:
    saved = (EventName.SNIPPET_SAVED, {'snippet': 's', 'path': '/no/such/folder'})
    assert not tell(Answer('mine'), saved).done
