from pathlib import Path
import struct
from xml.etree import ElementTree

import numpy as np
import pytest

from test.interfaces import sources

STORE = sources.typestore()
CDR = bytes((0, 1, 0, 0))  # four bytes that say: little endian
GO_IMU, GO_MOTOR, GO_BMS = '13fb', 'B7fb3I', '4BiH4b15H'
HG_IMU, HG_MOTOR, HG_BMS = '13fh', 'B4f2hf2II4I', '3B40H3Ii2B12hHH5I3I'
GO_STATE = f'4B2I2IH{GO_IMU}{GO_MOTOR * 20}{GO_BMS}4h4hI40BBfbbff4HII'
HG_STATE = f'2IBBI{HG_IMU}{HG_MOTOR * 35}40B4II'
SPORT = f'iII{GO_IMU}BfBf3ff3ff4f4h12f12f'


# The sizes are sums made by hand over the field tables, the layouts the same in the language of
# struct: C aligns what is written out flat as CDR does.
@pytest.mark.parametrize('name, size, layout', [
    ('unitree_go/msg/IMUState', 53, GO_IMU),  # 13 * 4 + 1
    ('unitree_go/msg/MotorState', 48, GO_MOTOR),  # 1 and 3 empty, 7 * 4, 1 and 3 empty, 3 * 4
    ('unitree_go/msg/BmsState', 44, GO_BMS),  # 4 + 4 + 2 + 4 + 15 * 2
    # Ends: bandwidth 22, IMU 24 + 53 = 77, motors 124 + 19 * 48 = 1036, battery 1080, feet 1096,
    # tick 1100, remote 1140, bit_flag 1141, adc_reel 1148, ntc 1150, power 1160, fans 1168.
    ('unitree_go/msg/LowState', 1176, GO_STATE),
    # Ends: error_code 12, IMU 65, mode 66, progress 72, gait 73, raise 80, position 92, height 96,
    # velocity 108, yaw 112, ranges 128, forces 136, feet 136 + 2 * 48.
    ('unitree_go/msg/SportModeState', 232, SPORT),
    ('unitree_go/msg/WirelessController', 18, '4fH'),  # 4 * 4 + 2
    ('unitree_hg/msg/IMUState', 54, HG_IMU),  # 13 * 4 + 2
    ('unitree_hg/msg/MotorState', 56, HG_MOTOR),  # 1 and 3 empty, 4 * 4, 2 * 2, 4, 2 * 4, 4, 4 * 4
    # Ends: fn 3, cells 84, voltages 96, current 100, soh 102, temperatures 126, date 130,
    # states 152.
    ('unitree_hg/msg/BmsState', 164, HG_BMS),
    # Ends: modes 10, tick 16, IMU 70, motors 124 + 34 * 56 = 2028, remote 2068, reserve 2084.
    ('unitree_hg/msg/LowState', 2088, HG_STATE),
])
def test_a_message_has_the_size_of_its_field_table(name: str, size: int, layout: str) -> None:
    assert struct.calcsize(f'@{layout}') == size
    empty = CDR + bytes(size)
    assert STORE.serialize_cdr(STORE.deserialize_cdr(empty, name), name) == empty


def test_a_request_byte_by_byte() -> None:
    make = {name.split('/')[-1]: type_ for name, type_ in STORE.types.items()
            if name.startswith('unitree_api/')}
    request = make['Request'](
        header=make['RequestHeader'](
            identity=make['RequestIdentity'](id=7, api_id=1008),
            lease=make['RequestLease'](id=-1),
            policy=make['RequestPolicy'](priority=-2, noreply=True)),
        parameter='{"x":1}', binary=np.array([1, 2], np.uint8))
    written = STORE.serialize_cdr(request, 'unitree_api/msg/Request')
    header = struct.pack('<qqqi?3x', 7, 1008, -1, -2, True)
    assert written == CDR + header + struct.pack('<I8sI2B', 8, b'{"x":1}\0', 2, 1, 2)


def test_what_lies_where_in_the_state_of_a_go2() -> None:
    body = bytearray(struct.calcsize(f'@{GO_STATE}'))
    body[24:28] = struct.pack('<f', 1.0)  # the first value behind bandwidth, aligned
    body[124 + 18 * 48] = 5  # where the motor before the last one ends
    body[1036 + 3] = 87  # the fourth byte behind the motors
    state = STORE.deserialize_cdr(CDR + body, 'unitree_go/msg/LowState')
    assert list(state.imu_state.quaternion) == [1, 0, 0, 0]
    assert [motor.mode for motor in state.motor_state] == [0] * 19 + [5]
    assert state.bms_state.soc == 87


def test_the_texts_are_to_be_had_without_a_build() -> None:
    texts = sources.definitions()
    assert {name.split('/')[0] for name in texts} == set(sources.VENDOR)
    assert texts['unitree_api/msg/RequestLease'] == 'int64 id\n'
    assert set(texts) <= set(STORE.fielddefs)
    assert list(sources.definitions(['tf2_msgs'])) == ['tf2_msgs/msg/TFMessage']


def test_a_package_names_what_its_messages_need(tmp_path: Path) -> None:
    sources.write('spot_msgs', tmp_path)
    manifest = ElementTree.parse(tmp_path / 'spot_msgs' / 'package.xml')
    assert [one.text for one in manifest.iter('depend')] == ['builtin_interfaces', 'std_msgs']
    cmake = (tmp_path / 'spot_msgs' / 'CMakeLists.txt').read_text()
    assert 'set(NEEDED builtin_interfaces std_msgs)' in cmake
    assert (tmp_path / 'spot_msgs/msg/Lease.msg').is_file()
