from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
import pytest

from flywheel_nodes.adapters import unitree_cdr as cdr
from test.decoding import same
from test.interfaces import sources, values

STORE = sources.typestore()
READERS = {'unitree_go/msg/LowState': cdr.go_low_state, 'unitree_hg/msg/LowState':
           cdr.hg_low_state, 'unitree_go/msg/SportModeState': cdr.sport_state,
           'unitree_go/msg/WirelessController': cdr.wireless}


def agree(read: Any, whole: Any) -> bool:
    """Tell whether what was read is the same in the whole message, at every depth."""
    if hasattr(read, '_fields'):
        return all(agree(getattr(read, name), getattr(whole, name)) for name in read._fields)
    if isinstance(read, list):
        return len(read) == len(whole) and all(map(agree, read, whole))
    if isinstance(read, (tuple, bytes)):
        return same(list(whole), list(read))
    return same(whole, read)


@pytest.mark.parametrize('name', READERS)
@given(seed=st.integers(0, 2**32))
def test_what_is_read_is_what_another_implementation_wrote(name: str, seed: int) -> None:
    whole = values.message(STORE, name, Random(seed))
    read = READERS[name](bytes(STORE.serialize_cdr(whole, name)))
    assert read is not None and agree(read, whole)


@pytest.mark.parametrize('name', READERS)
@given(data=st.binary(max_size=100))
def test_what_is_no_such_message_is_left_to_others(name: str, data: bytes) -> None:
    size = len(STORE.serialize_cdr(values.message(STORE, name, Random(1)), name))
    read = READERS[name]
    assert read(b'\0\1\0\0' + data[:size - 5]) is None, 'too short'
    assert read(b'\0\0' + data + bytes(size)) is None, 'big endian'
