"""
Every QoS a publisher may offer, and how it may change, against one recorder over real DDS.

The publishers live in a context of their own, so that they and the recorder discover each other
as in life, and they go on talking while the recorder adapts.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
import time
from typing import Any

import pytest
from rclpy.node import Node

from flywheel_nodes.core.events import EventName
from flywheel_nodes.effects.recording.snippet_folder import broken
from flywheel_nodes.nodes import distro
from test.harness import Bench
from test.nodes.test_snippet_recorder import request, Robot
from test.nodes.voices import Offering, Snippet, stranger, Voice

STORIES = ('one', 'two', 'later', 'back')
EVERY_S = 0.03
RULES = """
schema: flywheel.recording/1
rules:
  - {name: whole, when: {event: snippet_requested}, pre_roll: 60}
  - {name: brief, when: {event: estop_pressed}, pre_roll: 0.5}
"""


@dataclass(frozen=True)
class Case:
    """One cell of the matrix, on a topic of its own."""

    offering: Offering
    story: str
    early: bool

    def __str__(self) -> str:
        return '_'.join((*self.offering.words, self.story, 'before' if self.early else 'after'))


CASES = [Case(Offering(reliable, latched), story, early) for reliable, latched, story, early
         in product((True, False), (True, False), STORIES, (True, False))]


class Choir:
    """All publishers of the matrix."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self.voices: dict[Case, list[Voice]] = {case: [] for case in CASES}
        self._spoke = 0.0

    def _join(self, case: Case, name: str, offering: Offering) -> None:
        topic = f'{self._node.get_namespace()}/{case}'
        self.voices[case].append(Voice(self._node, topic, name, offering))

    def begin(self, early: bool) -> None:
        for case in CASES:
            if case.early == early:
                self._join(case, 'first', case.offering)
                if case.story == 'two':
                    self._join(case, 'second', case.offering.other)

    def change(self) -> None:
        for case, voices in self.voices.items():
            if case.story == 'later':
                self._join(case, 'second', case.offering.other)
            elif case.story == 'back':
                voices[0].leave()

    def come_back(self) -> None:
        for case in CASES:
            if case.story == 'back':
                self._join(case, 'second', case.offering)

    @property
    def present(self) -> list[Voice]:
        return [voice for voices in self.voices.values() for voice in voices if voice.out]

    def sing(self) -> None:
        """Have each say something, from time to time."""
        now = time.monotonic()
        if now - self._spoke >= EVERY_S:
            self._spoke = now
            for voice in self.present:
                voice.say()


@dataclass(frozen=True)
class Outcome:
    """What was said, and two snippets: one of all of it, one of the silence that followed."""

    voices: dict[Case, list[Voice]]
    whole: Snippet
    brief: Snippet


class Session:
    """One recorder through the whole story."""

    def __init__(self, bench: Bench, node: Node) -> None:
        self._bench = bench
        self._choir = Choir(node)
        self._heard: set[tuple[str, str]] = set()
        self._looked_ns = 0

    def play(self, rules: Path) -> Outcome:
        self._choir.begin(early=True)
        self._robot = Robot(self._bench, recording=rules, ring_seconds=60.0)
        self._choir.begin(early=False)
        self._until(self._found, 'those that are there at the start')
        self._pause()
        self._choir.change()
        self._until(self._found, 'those that come later')
        self._choir.come_back()
        self._until(self._found, 'those that come back')
        self._pause()
        request(self._bench)
        whole = self._saved(1)
        self._robot.wait(1.0)  # longer than the brief pre-roll: nobody says a word
        self._robot.say(EventName.ESTOP_PRESSED)
        return Outcome(self._choir.voices, Snippet(whole), Snippet(self._saved(2)))

    def _until(self, condition: Callable[[], Any], what: str) -> None:
        self._bench.until(condition, what, each=self._choir.sing)

    def _pause(self) -> None:
        """Sing until everybody must have adapted, then wait for the last words."""
        end = time.monotonic() + 2.5
        self._until(lambda: time.monotonic() > end, 'time')
        self._bench.until(self._silent, 'the last words')

    def _saved(self, count: int) -> Path:
        self._robot.until(lambda: len(self._robot.saved()) == count, 'snippet_saved')
        return Path(self._robot.saved()[-1])

    def _listen(self) -> set[tuple[str, str]]:
        recorder = self._robot.recorder
        channels = recorder._graph.channels
        records = recorder._receiving.ring.since(self._looked_ns)
        self._looked_ns = recorder._receiving.intake.released_ns
        self._heard |= {(channels[one.channel].topic, bytes(one.data)[8:].split(b'\0')[0].decode())
                        for one in records if channels[one.channel].type == 'std_msgs/msg/String'}
        return self._heard

    def _found(self) -> bool:
        heard = self._listen()
        return all(voice.found(heard) for voice in self._choir.present)

    def _silent(self) -> bool:
        heard = self._listen()
        return all((voice.topic, voice.sent[-1]) in heard for voice in self._choir.present)


@pytest.fixture(scope='module')
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    folder = tmp_path_factory.mktemp('qos')
    rules = folder / 'rules.yaml'
    rules.write_text(RULES)
    bench = Bench('/qos', folder)
    with stranger('/qos') as node:
        yield Session(bench, node).play(rules)
    bench.close()


@pytest.mark.parametrize('case', CASES, ids=str)
def test_all_that_is_said_is_in_once_and_nothing_is_missing_untold(
        outcome: Outcome, case: Case) -> None:
    told, missing = outcome.whole.label.topics[outcome.voices[case][0].topic], 0
    for voice in outcome.voices[case]:
        got = outcome.whole.said(voice)
        assert max(Counter(got).values()) == 1
        if voice.offering.keeps:  # what is latched may come after what is live
            got = sorted(got, key=voice.sent.index)
        assert got == [text for text in voice.sent if text in set(got)], 'in order'
        expected = voice.sent[0 if voice.offering.keeps else voice.sent.index(got[0]):]
        missing += len(expected) - len(got)
        if voice.offering.reliable:
            assert got == expected
    assert told.lost is None or told.lost >= missing
    if distro.NAMES_PUBLISHERS:
        assert told.lost == 0


@pytest.mark.parametrize('case', CASES, ids=str)
def test_the_offered_qos_is_told(outcome: Outcome, case: Case) -> None:
    voices = outcome.voices[case]
    offered = outcome.whole.offered[voices[0].topic]
    assert offered == {voice.offering.words for voice in voices}


@pytest.mark.parametrize('case', [case for case in CASES if case.offering.latched], ids=str)
def test_state_stands_at_the_first_stamp_with_its_own_stamps_in_the_label(
        outcome: Outcome, case: Case) -> None:
    brief, label = outcome.brief, outcome.brief.label
    latching = [voice for voice in outcome.voices[case] if voice.offering.latched]
    topic = latching[0].topic
    start = min(one.first_ns for one in label.topics.values())
    assert {one.log_ns for one in brief.messages[topic]} == {start}
    originals = [one for one in label.latched if one.topic == topic]
    assert len(originals) == len(brief.messages[topic])
    assert all(0 < one.source_ns <= one.received_ns < label.window.start.wall_ns
               for one in originals)
    if distro.NAMES_PUBLISHERS:
        assert all(brief.said(voice) == voice.sent[-1:] for voice in latching)
        assert len({one.publisher for one in originals}) == len(originals)
    else:
        assert any(brief.said(voice) == voice.sent[-1:] for voice in outcome.voices[case])
    assert broken(brief.folder, label) == ''
