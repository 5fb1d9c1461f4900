"""What robot_adapter asks of the robot besides commands: requests, polls, and their answers."""

from collections.abc import Callable
from functools import partial
import time
from typing import Any

from rclpy.client import Client
from rclpy.publisher import Publisher
from rclpy.task import Future

from flywheel_nodes.adapters.base import Adapter, Ask, Rpc, Say, Step, View
from flywheel_nodes.core.calls import Calls, Waiting
from flywheel_nodes.core.clock import Now, SECOND
from flywheel_nodes.core.events import Event, EventName
from flywheel_nodes.core.services import ROBOT_CLAIM, ROBOT_ESTOP, ROBOT_RELEASE, ROBOT_STOP
from flywheel_nodes.core.topics import Topic
from flywheel_nodes.effects import clocks
from flywheel_nodes.nodes.inlet import Arrival
from flywheel_nodes.nodes.native_side import NativeSide
from flywheel_nodes.nodes.shell import Answer, Shell

SAY_AGAIN_NS = 5 * SECOND
# A stop holds everybody at least this long: the arbiter then waits for a resume.
STOP_NS = SECOND
FOREVER = 1 << 62
# A service may have the robot's own computer work: motors, leases, programs.
SERVICE_TIMEOUT_S = 10.0


class RobotCalls:
    """The requests to one robot; what comes of them is told as events and counted."""

    def __init__(self, shell: Shell, side: NativeSide, adapter: Adapter,
                 view: Callable[[Now], View]) -> None:
        """Offer the services that this robot knows."""
        self._shell, self._side, self._adapter, self._view = shell, side, adapter, view
        self._waiting = {rpc.request: Calls(shell.config.call_timeout) for rpc in adapter.rpcs}
        self._asked = Calls(max(SERVICE_TIMEOUT_S, shell.config.call_timeout))
        self._number = 0
        self._halted_until_ns = 0
        self._failures: dict[tuple[str, str], int] = {}
        self._rpcs = {rpc.request: rpc for rpc in adapter.rpcs}
        steps = [*(s for some in adapter.requests.values() for s in some), *adapter.estop_release,
                 *(s for some in adapter.estops.values() for s in some)]
        says = [*(s for s in steps if isinstance(s, Say)), *(p.say for p in adapter.polls)]
        self._outs: dict[Topic, Publisher] = {
            topic: side.publisher(topic) for topic in {say.topic for say in says}}
        self._clients: dict[str, Client] = {
            step.service: side.client(step.type, step.service)
            for step in steps if isinstance(step, Ask)}
        self._polled = dict.fromkeys(adapter.polls, 0)
        self._offer()

    def _offer(self) -> None:
        if stop := self._adapter.requests.get(ROBOT_STOP.name):
            self._shell.trigger(ROBOT_STOP.name, partial(self._stop, stop))
        for service in (ROBOT_CLAIM, ROBOT_RELEASE):
            if steps := self._adapter.requests.get(service.name):
                self._shell.trigger(service.name, partial(self._do, service.name, steps))
        if self._adapter.estops:
            self._shell.switch(ROBOT_ESTOP.name, self._estop)

    def _stop(self, steps: tuple[Step, ...]) -> Answer:
        self._halted_until_ns = max(self._halted_until_ns, time.monotonic_ns() + STOP_NS)
        return self._do('stop', steps)

    def _estop(self, on: bool) -> Answer:
        action = self._shell.robot.estop_action
        self._halted_until_ns = FOREVER if on else 0
        if on:
            return self._do(f'estop ({action})', self._adapter.estops.get(action, ()))
        if not self._adapter.estop_release:
            return True, 'this stack is released; the robot itself is not released by software'
        return self._do('estop release', self._adapter.estop_release)

    def halted(self, now_ns: int) -> str:
        """Return that somebody had the robot stopped, as long as that counts, else ''."""
        if now_ns >= self._halted_until_ns:
            return ''
        lasting = self._halted_until_ns == FOREVER
        return ('the emergency stop was asked for: call robot_adapter/estop false' if lasting
                else 'a stop was asked for')

    def _do(self, name: str, steps: tuple[Step, ...]) -> Answer:
        """Take all steps, also after one that cannot be taken: the others may stop the robot."""
        now = clocks.now()
        wrong = [because for step in steps if (because := self._take(step, now))]
        if wrong:
            return False, f'{name}: {"; ".join(wrong)}'
        return True, f'{name}: asked of the robot; flywheel/events say what it answers'

    def _take(self, step: Step, now: Now) -> str:
        if isinstance(step, Say):
            return '' if self.say(step, now) else 'too little is known of the robot for it'
        return '' if self._ask(step, now) else f'the robot offers no service {step.service}'

    def say(self, say: Say, now: Now, told: bool = True) -> bool:
        """
        Publish a native message, and wait for its answer where there is one.

        :return: whether enough is known for it
        """
        message = say.build(self._view(now))
        if message is None:
            self._failed(say.what, 'too little is known of the robot', now.mono)
            return False
        self._outs[say.topic].publish(message)
        self.sent(say.topic, message, now.mono, say.what, told)
        return True

    def sent(self, topic: Topic, message: Any, now_ns: int, what: str = 'command',
             told: bool = False) -> None:
        """Take note of a native message that went out."""
        rpc = self._rpcs.get(topic)
        identity = rpc.asked(message) if rpc else None
        if identity is not None:
            self._waiting[topic].asked(identity, what, now_ns, told)

    def _ask(self, ask: Ask, now: Now) -> bool:
        client = self._clients[ask.service]
        if not client.service_is_ready():
            self._failed(ask.what, 'no such service', now.mono)
            return False
        request = client.srv_type.Request()
        ask.fill(request)
        self._number += 1
        number = self._number
        self._asked.asked(number, ask.what, now.mono)

        def answered(future: Future) -> None:
            self._shell.later(lambda: self._ended(
                self._asked.answered(number), ask.failed(future.result())))
        client.call_async(request).add_done_callback(answered)
        return True

    # --- answers --------------------------------------------------------------------------------

    def hooks(self) -> dict[Topic, Callable[[Any, Arrival], None]]:
        """Return who hears the answers on native topics."""
        return {rpc.response: partial(self._answered, rpc) for rpc in self._adapter.rpcs}

    def _answered(self, rpc: Rpc, message: Any, arrival: Arrival) -> None:
        identity, because = rpc.answered(message)
        self._ended(self._waiting[rpc.request].answered(identity), because)

    def _ended(self, waiting: Waiting | None, because: str) -> None:
        now_ns = time.monotonic_ns()
        if waiting is None:  # an answer to somebody else, or too late
            return
        if because:
            self._failed(waiting.what, because, now_ns)
            return
        self._shell.metrics.add('robot_calls_total', call=waiting.what, result='done')
        if waiting.told:
            self._shell.emit(Event(EventName.ROBOT_CALL_DONE, f'{waiting.what}: done', now_ns,
                                   {'call': waiting.what}))

    def _failed(self, what: str, because: str, now_ns: int, result: str = 'failed') -> None:
        self._shell.metrics.add('robot_calls_total', call=what, result=result)
        key = what, because
        if now_ns - self._failures.get(key, -SAY_AGAIN_NS) < SAY_AGAIN_NS:
            return
        self._failures = {**{k: t for k, t in self._failures.items()
                             if now_ns - t < SAY_AGAIN_NS}, key: now_ns}
        self._shell.emit(Event(EventName.ROBOT_CALL_FAILED, f'{what}: {because}', now_ns,
                               {'call': what, 'because': because}))

    def step(self, now: Now, polling: bool = True) -> None:
        """
        Ask what is asked again and again, and tell what was never answered.

        :param polling: not as long as the robot cannot have been found yet
        """
        for poll, asked_ns in self._polled.items():
            if polling and now.mono - asked_ns >= poll.period * SECOND:
                self._polled[poll] = now.mono
                self.say(poll.say, now, told=False)
        for calls in (self._asked, *self._waiting.values()):
            for one in calls.overdue(now.mono):
                self._failed(one.what, 'no answer', now.mono, 'timed_out')
