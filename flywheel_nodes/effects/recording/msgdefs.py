"""
The definitions of message types, as rosbag2 stores them, and their hashes (RIHS01).

They come from the packages installed in the ament prefixes; for types that are not installed
there, from the definitions that come with rosbags.
"""

from collections import deque
from collections.abc import Iterator
from functools import lru_cache
import json
import os
from pathlib import Path
import re
import sys

from rosbags.typesys import get_typestore, Stores
from rosbags.typesys.store import Typestore

SEPARATOR = '=' * 80
_PRIMITIVES = frozenset((
    'bool', 'byte', 'char', 'float32', 'float64', 'int8', 'uint8', 'int16', 'uint16', 'int32',
    'uint32', 'int64', 'uint64', 'string', 'wstring'))
_FIELD = re.compile(r'^\s*([A-Za-z][\w/]*)(?:<=\d+)?(?:\[[^\]]*\])?\s+\w')


def prefixes() -> Iterator[Path]:
    """Yield the folders that hold share/PACKAGE."""
    for prefix in (*os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep), sys.prefix):
        if prefix:
            yield Path(prefix)


@lru_cache(maxsize=1000)
def definition(name: str) -> str:
    """
    Return the definition of a type, dependencies appended.

    :param name: package/msg/Type
    :return: text in the ros2msg format, '' where the type is unknown
    """
    text = _source(name)
    if text is None:
        return _fallback(name)
    parts, seen, waiting = [text], {name}, deque(_dependencies(name, text))
    while waiting:
        one = waiting.popleft()
        if one in seen:
            continue
        seen.add(one)
        inner = _source(one)
        if inner is None:
            return _fallback(name)
        parts.append(f'{SEPARATOR}\nMSG: {one.replace("/msg/", "/")}\n{inner}')
        waiting.extend(_dependencies(one, inner))
    return '\n'.join(parts)


@lru_cache(maxsize=1000)
def type_hash(name: str) -> str:
    """Return the hash of a type, '' where it is unknown."""
    package, kind, type_ = name.split('/')
    for prefix in prefixes():
        path = prefix / 'share' / package / kind / f'{type_}.json'
        if path.is_file():
            hashes = json.loads(path.read_text(encoding='utf-8'))['type_hashes']
            return str(next(one['hash_string'] for one in hashes if one['type_name'] == name))
    store = _typestore()
    return store.hash_rihs01(name) if name in store.fielddefs else ''


def _source(name: str) -> str | None:
    package, kind, type_ = name.split('/')
    for prefix in prefixes():
        path = prefix / 'share' / package / kind / f'{type_}.msg'
        if path.is_file():
            return path.read_text(encoding='utf-8')
    return None


def _dependencies(name: str, text: str) -> list[str]:
    package = name.split('/')[0]
    found = []
    for line in text.splitlines():
        match = _FIELD.match(line.split('#')[0])
        if match and match[1] not in _PRIMITIVES:
            parts = match[1].split('/')
            found.append(f'{parts[0] if len(parts) > 1 else package}/msg/{parts[-1]}')
    return found


def _fallback(name: str) -> str:
    store = _typestore()
    return store.generate_msgdef(name, ros_version=2)[0] if name in store.fielddefs else ''


@lru_cache(maxsize=1)
def _typestore() -> Typestore:
    return get_typestore(Stores.ROS2_KILTED)
