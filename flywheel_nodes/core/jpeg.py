"""The size of a JPEG picture, read from its header without decoding it."""

_START = b'\xff\xd8'
# Markers that begin a frame (SOF0 to SOF15); the three left out are tables.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ALONE = frozenset((0x01, *range(0xD0, 0xD8)))


def size(data: bytes | memoryview) -> tuple[int, int] | None:
    """Return width and height in pixels, None for what is no JPEG."""
    if bytes(data[:2]) != _START:
        return None
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker in _FRAMES:
            height, width = (int.from_bytes(data[at + n:at + n + 2], 'big') for n in (5, 7))
            return (width, height) if width and height else None
        if marker == 0xFF or marker in _ALONE:  # filling, or a marker without content
            at += 1 if marker == 0xFF else 2
        else:
            at += 2 + int.from_bytes(data[at + 2:at + 4], 'big')
    return None
