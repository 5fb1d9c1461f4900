"""The message types of a bag: those that everybody knows, and those it brings itself."""

from pathlib import Path

from rosbags.highlevel import AnyReader
from rosbags.typesys import get_typestore, Stores
from rosbags.typesys.store import Typestore

from flywheel_nodes.effects.recording.bag_errors import UNREADABLE


def typestore(path: Path) -> Typestore:
    """Return what decodes the CDR payloads of a bag; of ROS 1 and torn bags the known types."""
    known = get_typestore(Stores.ROS2_KILTED)
    if path.suffix in ('.bag', '.active'):
        return known  # its messages are converted to the types of ROS 2 that bear their names
    try:
        with AnyReader([path], default_typestore=known) as reader:
            own = {name: fields for name, fields in reader.typestore.fielddefs.items()
                   if name not in known.fielddefs}
    except UNREADABLE:
        return known
    known.register(own)
    return known
