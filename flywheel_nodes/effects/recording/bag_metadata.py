"""metadata.yaml of a rosbag2 bag, version 9."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
import os
from pathlib import PurePath
from typing import Any

import yaml

from flywheel_nodes.core.recording.offers import Offer

STORAGES = {'.mcap': 'mcap', '.db3': 'sqlite3'}
# Ten times faster, and there unless PyYAML was built without libyaml.
_DUMPER: Any = getattr(yaml, 'CSafeDumper', yaml.SafeDumper)


@dataclass(frozen=True)
class BagTopic:
    """One topic of a bag."""

    name: str
    type: str
    type_hash: str
    offers: tuple[Offer, ...]
    messages: int


def qos_text(offers: Sequence[Offer]) -> str:
    """Return offered QoS as the text that goes into a channel's metadata."""
    return _dump([offer.profile() for offer in offers]) if offers else ''


def metadata(file: str, topics: Sequence[BagTopic], first_ns: int, last_ns: int,
             custom: Mapping[str, str]) -> dict[str, Any]:
    """
    Return the content of metadata.yaml.

    :param file: name of the one storage file; its suffix tells the storage
    :param first_ns: log time of the first message, 0 for an empty bag
    :param custom: values a person may want to see in `ros2 bag info`
    """
    start = {'nanoseconds_since_epoch': first_ns}
    duration = {'nanoseconds': last_ns - first_ns}
    count = sum(topic.messages for topic in topics)
    return {
        'version': 9, 'storage_identifier': STORAGES[PurePath(file).suffix],
        'duration': duration,
        'starting_time': start, 'message_count': count,
        'topics_with_message_count': [_topic(topic) for topic in topics],
        'compression_format': '', 'compression_mode': '', 'relative_file_paths': [file],
        'files': [{'path': file, 'starting_time': start, 'duration': duration,
                   'message_count': count}],
        'custom_data': dict(custom), 'ros_distro': os.environ.get('ROS_DISTRO', 'unknown')}


def _topic(topic: BagTopic) -> dict[str, Any]:
    return {'topic_metadata': {
        'name': topic.name, 'type': topic.type, 'serialization_format': 'cdr',
        'offered_qos_profiles': [offer.profile() for offer in topic.offers],
        'type_description_hash': topic.type_hash}, 'message_count': topic.messages}


def to_yaml(content: Mapping[str, Any]) -> str:
    """Return metadata.yaml."""
    return _dump({'rosbag2_bagfile_information': dict(content)})


def inner_yaml(content: Mapping[str, Any]) -> str:
    """Return what a storage file itself says of the bag."""
    return _dump(dict(content))


def _dump(content: object) -> str:
    return str(yaml.dump(content, Dumper=_DUMPER, sort_keys=False))
