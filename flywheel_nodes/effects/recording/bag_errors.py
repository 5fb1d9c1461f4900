"""What reading a bag that is none, or a damaged one, makes rosbags raise."""

import struct
import sys

import apsw
from rosbags.highlevel import AnyReaderError
from rosbags.rosbag1 import ReaderError as Ros1Error
from rosbags.rosbag2 import ReaderError
import zstandard

if sys.version_info >= (3, 14):
    from compression.zstd import ZstdError
else:
    from backports.zstd import ZstdError

# Besides its own errors it lets those of the parsing below it through.
UNREADABLE = (ReaderError, Ros1Error, AnyReaderError, OSError, ValueError, TypeError, KeyError,
              IndexError, AssertionError, struct.error, OverflowError, RuntimeError, MemoryError,
              EOFError, ZstdError, zstandard.ZstdError, apsw.Error)


def one_line(error: BaseException) -> str:
    """Return an error's text for a message to a person."""
    return str(error).replace('\n', ' ') or type(error).__name__
