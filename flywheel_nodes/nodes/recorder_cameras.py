"""Raw camera images on their way into the ring: compressed by other threads, in order."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from flywheel_nodes.core import image
from flywheel_nodes.core.config import RecorderConfig
from flywheel_nodes.core.errors import WireError
from flywheel_nodes.core.recording.losses import LossLog, Where
from flywheel_nodes.core.recording.ring import Record
from flywheel_nodes.nodes.channel import Channel
from flywheel_nodes.nodes.inlet import FOREVER
from flywheel_nodes.nodes.shell import Shell

if TYPE_CHECKING:
    from flywheel_nodes.effects.recording.compressor import Compressor


class Cameras:
    """The frames in work; what cannot be compressed in time is dropped and counted."""

    def __init__(self, shell: Shell, losses: LossLog) -> None:
        """Begin without a camera."""
        self._shell = shell
        self._losses = losses
        self._names: dict[int, str] = {}
        self._compressor: Compressor | None = None

    @property
    def oldest_ns(self) -> int | None:
        """When the oldest frame in work was received; nothing newer is in order before it."""
        return self._compressor.oldest_ns if self._compressor else None

    def taker(self, channel: Channel, derived: Channel,
              keep: Callable[[Record], None]) -> Callable[[Record], None]:
        """
        Return what takes the raw frames of a camera.

        :param derived: the channel of the result
        :param keep: takes frames in encodings that are not compressed, such as depth in floats
        """
        self._names[channel.number] = channel.name
        compressor = self._compressor = self._compressor or self._begin()

        def take(record: Record) -> None:
            try:
                image.read(record.data)
            except WireError as error:
                keep(record)
                self._shell.log.warning(f'{channel.name} is recorded raw: {error}',
                                        throttle_duration_sec=3600.0)
                return
            derived.last_ns = record.mono_ns
            if not compressor.submit(record, derived.number):
                self._drop(record, 'too many frames wait for the encoder')
        return take

    def done(self, now_ns: int) -> list[Record]:
        """Return the frames that are compressed, as records of the derived channels."""
        kept: list[Record] = []
        for one in self._compressor.done(now_ns) if self._compressor else ():
            if one.record is None:
                self._drop(one.raw, one.because)
            else:
                kept.append(one.record)
        return kept

    def close(self) -> list[Record]:
        """End the threads; return what they had finished or begun, the rest is counted."""
        if self._compressor:
            self._compressor.close()
        return self.done(FOREVER)

    def _begin(self) -> 'Compressor':
        # OpenCV takes 16 MB, which a robot whose cameras compress themselves need not pay.
        from flywheel_nodes.effects.recording.compressor import Compressor
        config: RecorderConfig = self._shell.config
        return Compressor(config.frame_workers, config.frames_waiting, config.jpeg_quality,
                          config.frame_width)

    def _drop(self, raw: Record, because: str) -> None:
        name = self._names[raw.channel]
        self._losses.note(raw.mono_ns, Where.ENCODER, raw.channel)
        self._shell.metrics.add('recorder_frames_dropped_total', topic=name)
        self._shell.complain(name, f'a frame is not recorded: {because}')
