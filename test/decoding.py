"""Compares messages as different libraries decode them."""

from collections.abc import Iterator
import math
from pathlib import Path
from typing import Any

from mcap.reader import make_reader
from mcap_ros2.decoder import DecoderFactory
import numpy as np


def same(sent: Any, got: Any) -> bool:
    """Tell whether a message of rclpy and one of any other library are equal, field by field."""
    if hasattr(sent, 'get_fields_and_field_types'):
        return all(same(getattr(sent, name), getattr(got, name))
                   for name in sent.get_fields_and_field_types())
    if isinstance(sent, np.generic):  # out of an array of fixed length
        sent = sent.item()
    if isinstance(sent, bytes):  # the type byte; others decode it to a number
        return sent == (bytes([got]) if isinstance(got, int) else bytes(got))
    if isinstance(sent, str | bool | int):
        return bool(sent == got)
    if isinstance(sent, float):
        return bool(sent == got) or (math.isnan(sent) and math.isnan(got))
    return len(sent) == len(got) and all(map(same, sent, got))


def lone_mcap(path: Path) -> Iterator[tuple[str, int, Any]]:
    """Yield topic, log time and message of a file by itself; raises where a CRC is wrong."""
    with path.open('rb') as stream:
        reader = make_reader(stream, validate_crcs=True, decoder_factories=[DecoderFactory()])
        for _, channel, message, decoded in reader.iter_decoded_messages():
            yield channel.topic, message.log_time, decoded
