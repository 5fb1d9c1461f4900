"""One full turn of the flywheel on the embedded robot, each step timed and checked."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
import math
from pathlib import Path
import time

import aiohttp

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.control import Mode
from flywheel_nodes.core.events import Event, EventName
from flywheel_nodes.core.teleop.protocol import Scope
from flywheel_nodes.effects.config_files import load_robot
from flywheel_nodes.effects.recording import snippet_reader
from flywheel_nodes.effects.run_dir import url_of
from flywheel_nodes.effects.teleop.relay_client import RelayClient
from flywheel_nodes.effects.teleop.tokens import load_private_key, mint, PRIVATE
from flywheel_nodes.sim import hands
from flywheel_nodes.sim.turn_checks import (
    check_label,
    check_table,
    CheckError,
    need,
    parse,
    read_back,
    Series,
    STATE_TOPICS,
    total,
)
from flywheel_nodes.sim.witness import Witness

OPERATOR, REASON, OUTCOME = 'ada', 'collision_risk', 'success'
SLOWEST_REACTION = 2.0
UP_S = 30.0
CHANGED = ('flywheel_interventions_total', 'flywheel_mode_seconds_total',
           'flywheel_recorder_snippets_total', 'flywheel_policy_monitor_alarms_total',
           'flywheel_holds_total', 'flywheel_recorder_messages_written_total')


@dataclass
class Turn:
    """The turn and what it has learned so far; say prints one line of the timeline."""

    data_dir: Path
    namespace: str
    witness: Witness
    say: Callable[[str], None]
    step: str = 'start'
    before: Series | None = None
    began: int = 0
    snippet: Path = Path()

    async def run(self) -> None:
        """Run all steps; raises CheckError or TimeoutError, with step naming the one."""
        async with aiohttp.ClientSession() as http, RelayClient() as operator:
            await self._ready(http)
            await self._connect(operator)
            await self._policy_drives(operator)
            alarm = await self._goes_wrong()
            await self._human_drives(operator, alarm)
            await self._policy_again(operator)
            await self._snippet(alarm)
            self._table()
            await self._metrics(http)

    # --- steps ----------------------------------------------------------------------------------

    async def _ready(self, http: aiohttp.ClientSession) -> None:
        self.step = 'every node is up'
        began = time.monotonic()
        url = await self.witness.until(lambda: url_of(self.data_dir, 'health_exporter'), UP_S,
                                       'the exporter')
        status, text = 0, ''
        while status != 200 and time.monotonic() < began + 2 * UP_S:
            async with http.get(url.replace('/metrics', '/readyz')) as answer:
                status, text = answer.status, await answer.text()
            await asyncio.sleep(0.1)
        need(status == 200, f'/readyz says {status}: {text}')
        self.before = await self._recording(http)
        self.say(f'8 nodes are up after {time.monotonic() - began:.1f} s; /readyz says 200, '
                 'and the recorder hears the robot')

    async def _recording(self, http: aiohttp.ClientSession) -> Series:
        """Wait until the recorder hears what a snippet begins with; return that scrape."""
        wanted = {f'flywheel_topic_last_message_timestamp_seconds{{topic="{one.name}"}}'
                  for one in STATE_TOPICS}
        end = time.monotonic() + UP_S
        while not wanted <= (series := await self._scrape(http)).keys():
            need(time.monotonic() < end,
                 f'the recorder does not hear {sorted(wanted - series.keys())}')
            await asyncio.sleep(0.1)
        return series

    async def _connect(self, operator: RelayClient) -> None:
        self.step = 'the operator connects'
        url = await self.witness.until(lambda: url_of(self.data_dir, 'teleop_relay'), 30,
                                       'the relay')
        key = load_private_key(self.data_dir / 'keys' / PRIVATE)
        await operator.connect(url, mint(key, 'sim', OPERATOR, Scope.DRIVE))
        self.say(f'{OPERATOR} is connected to {url}')

    async def _policy_drives(self, operator: RelayClient) -> None:
        self.step = 'the policy drives'
        control = await self.witness.until(lambda: self.witness.control, 5, 'flywheel/control')
        need(control.mode is Mode.HOLD, f'the robot starts in {control.mode}, not hold')
        await operator.back_to_policy(15.0)
        self.began = time.monotonic_ns()
        way = self.witness.way
        self.say('resume: the policy "flawed" drives')
        await asyncio.sleep(10.0)
        need(self.witness.control is not None and self.witness.control.mode is Mode.POLICY,
             'the policy did not drive for 10 s')
        need(self.witness.way - way > 3.0, 'the robot did not get anywhere')
        self.say(f'it has driven for 10 s, {self.witness.way - way:.1f} m')

    async def _goes_wrong(self) -> Event:
        self.step = 'the monitor notices and the arbiter holds'
        alarm = await self.witness.until(
            lambda: self.witness.event(EventName.POLICY_ALARM, self.began), 40, 'an alarm')
        hold = await self.witness.until(
            lambda: self.witness.change_to(Mode.HOLD, alarm.mono_ns), 5, 'HOLD')
        rest = await self.witness.until(lambda: self.witness.commanded.first(
            hold.mono_ns, lambda speed: speed == 0.0), 5, 'rest')
        blocked = self._went_wrong(alarm)
        self.say(f'MONITOR ALARM: {alarm.sentence}')
        self._took('from the first symptom to the alarm', alarm.mono_ns - blocked)
        self._took('from the alarm to HOLD', hold.mono_ns - alarm.mono_ns)
        self._took('from HOLD to zero velocity', rest - hold.mono_ns)
        need(hold.values['gated_by'] == 'monitor', f'held by {hold.values["gated_by"]}')
        return alarm

    def _went_wrong(self, alarm: Event) -> int:
        """Return when the robot last moved as fast as it was told to, before the alarm."""
        told = dict(self.witness.commanded.samples)
        newest = max((v for at, v in told.items() if at <= alarm.mono_ns), default=0.0)
        good = [at for at, speed in self.witness.measured.samples
                if at <= alarm.mono_ns and speed > newest / 2]
        return max(good, default=alarm.mono_ns)

    async def _human_drives(self, operator: RelayClient, alarm: Event) -> None:
        self.step = 'the human takes over'
        asked = time.monotonic_ns()
        await operator.claim('direct')
        await operator.wait_for(lambda s: s.phase == 'handover', 5.0)
        self.say(f'{OPERATOR} takes over, {(time.monotonic_ns() - alarm.mono_ns) / SECOND:.1f} s '
                 'after the alarm')
        await operator.idle()
        await asyncio.sleep(0.2)
        pressed = time.monotonic_ns()
        operator.mark('recovery')
        await hands.back_off(operator, 1.2)
        await self.witness.until(lambda: self.witness.change_to(Mode.HUMAN, asked), 5, 'HUMAN')
        moved = await self.witness.until(lambda: self.witness.commanded.first(
            pressed, lambda speed: speed < -0.01), 5, 'motion')
        self.say(f'{OPERATOR} has backed off from the crate (recovery)')
        self._took('from the first command to robot/cmd_vel', moved - pressed)
        operator.mark('correction')
        await hands.around(operator, 3.8, lambda: self.witness.pose)
        await operator.idle()
        self.say(f'{OPERATOR} has driven by hand around the crate for 5 s (correction)')
        self.step = 'the human releases'
        released = time.monotonic_ns()
        await operator.release(REASON, OUTCOME, 'drove around the crate')
        ended = await self.witness.until(
            lambda: self.witness.event(EventName.INTERVENTION_ENDED, released), 5, 'the end')
        need((ended.values['reason'], ended.values['outcome']) == (REASON, OUTCOME),
             f'the intervention ended as {ended.values}')
        self.say(f'released: reason {REASON}, outcome {OUTCOME}')

    async def _policy_again(self, operator: RelayClient) -> None:
        self.step = 'the policy resumes'
        asked = time.monotonic_ns()
        await operator.back_to_policy(15.0)
        resumed = await self.witness.until(
            lambda: self.witness.change_to(Mode.POLICY, asked), 5, 'POLICY')
        moving = await self.witness.until(lambda: self.witness.measured.first(
            resumed.mono_ns, lambda speed: speed > 0.3), 5, 'motion')
        self.say('resume: the policy drives again')
        self._took('from resume to 0.3 m/s', moving - resumed.mono_ns)

    async def _snippet(self, alarm: Event) -> None:
        self.step = 'the snippet is saved and read back'
        ended = self.witness.event(EventName.INTERVENTION_ENDED)
        saved = await self.witness.until(
            lambda: self.witness.event(EventName.SNIPPET_SAVED, ended.mono_ns if ended else 0),
            30, 'a snippet')
        self.snippet = Path(saved.values['path'])
        found = read_back(self.snippet, self.namespace)
        check_label(found, OPERATOR, REASON, 'flawed')
        # A machine that stalls while it starts makes an alarm, and a snippet, of its own.
        begun = [e for e in self.witness.events
                 if e.name is EventName.SNIPPET_STARTED and e.mono_ns >= alarm.mono_ns]
        need(len(begun) <= 1, f'{len(begun)} snippets of one turn instead of one')
        label = found.label
        self.say(f'SNIPPET {self.snippet}')
        self.say(f'  label: policy {label.policy.name if label.policy else ""}, episode '
                 f'{label.episode.task if label.episode else ""}, operator {OPERATOR}, reason '
                 f'{REASON}, outcome {OUTCOME}')
        segments = [f'{s.phase} ({s.mode}) {(s.end_ns - s.start_ns) / SECOND:.1f} s'
                    for s in label.interventions[0].segments]
        self.say(f'  phases: {", ".join(segments)}')
        self.say(f'  pre-roll {found.pre_roll_s:.1f} s, post-roll {found.post_roll_s:.1f} s, '
                 f'{label.messages} messages, {label.bytes / 1e6:.1f} MB, '
                 f'{len(found.counts)} topics')
        for name, gap in found.worst_gap_s.items():
            self.say(f'  {name:<16} {label.topics[self._full(name)].messages:>6} messages, '
                     f'longest gap {gap * 1000:.0f} ms')

    def _full(self, name: str) -> str:
        return f'/{self.namespace.strip("/")}/{name}'

    def _table(self) -> None:
        self.step = 'the table of ticks is rebuilt from the snippet alone'
        table = snippet_reader.ticks(self.snippet)
        check_table(table, load_robot('sim'))
        self.say(f'{len(table.rows)} ticks rebuilt from the snippet alone; around the takeover:')
        self.say('        time  mode    phase             proposed vx  requested  executed')
        first = next(i for i, row in enumerate(table.rows) if row.mode == 'human')
        start = table.rows[0].stamp_ns
        for row in table.rows[first - 2:first + 10:3]:
            self.say(f'  {(row.stamp_ns - start) / SECOND:8.2f} s  {row.mode:<7} {row.phase:<17}'
                     f' {_cell(row.proposed[0]):>11} {_cell(row.requested[0]):>10}'
                     f' {_cell(row.executed[0]):>9}')

    async def _metrics(self, http: aiohttp.ClientSession) -> None:
        self.step = '/metrics shows the turn'
        after: Series = {}
        for _ in range(80):
            after = await self._scrape(http)
            if total(after, 'flywheel_recorder_snippets_total') >= 1:
                break
            await asyncio.sleep(0.1)
        before = self.before or {}
        need(total(after, 'flywheel_recorder_snippets_total') >= 1, 'no snippet counted')
        need(total(after, 'flywheel_interventions_total') == 1, 'not one intervention counted')
        need(after.get(f'flywheel_interventions_total{{reason="{REASON}"}}') == 1,
             'the reason is not counted')
        for mode in ('policy', 'human', 'hold'):
            name = f'flywheel_mode_seconds_total{{mode="{mode}"}}'
            need(after.get(name, 0) > before.get(name, 0), f'no time in mode {mode}')
        self.say('metrics that changed:')
        for key in sorted(after):
            if key.split('{')[0] in CHANGED and after[key] != before.get(key, 0.0):
                self.say(f'  {key:<66} {before.get(key, 0.0):>8.1f} -> {after[key]:.1f}')

    # --- helpers --------------------------------------------------------------------------------

    async def _scrape(self, http: aiohttp.ClientSession) -> Series:
        async with http.get(url_of(self.data_dir, 'health_exporter')) as answer:
            return parse(await answer.text())

    def _took(self, what: str, nanoseconds: int) -> None:
        seconds = nanoseconds / SECOND
        self.say(f'  {what}: {seconds * 1000:.0f} ms')
        if seconds > SLOWEST_REACTION:
            raise CheckError(f'{what} took {seconds:.1f} s, more than {SLOWEST_REACTION:g} s')


def _cell(value: float) -> str:
    return f'{value:+.2f}' if math.isfinite(value) else '-'
