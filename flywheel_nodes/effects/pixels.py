"""Pixels of image messages, made smaller and encoded by OpenCV, which frees the interpreter."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from flywheel_nodes.core import image
from flywheel_nodes.core.errors import WireError
from flywheel_nodes.core.image import Picture

Pixels = NDArray[Any]
_TO_BGR = {'rgb8': cv2.COLOR_RGB2BGR, 'rgba8': cv2.COLOR_RGBA2BGR, 'bgra8': cv2.COLOR_BGRA2BGR,
           # OpenCV names Bayer patterns by their second row, ROS by the first.
           'bayer_rggb8': cv2.COLOR_BayerBG2BGR, 'bayer_bggr8': cv2.COLOR_BayerRG2BGR,
           'bayer_gbrg8': cv2.COLOR_BayerGR2BGR, 'bayer_grbg8': cv2.COLOR_BayerGB2BGR}


def encode(picture: Picture, data: bytes, quality: int, most_width: int = 0) -> bytes:
    """Return the pixels of a serialized image as JPEG, or as PNG where they have 16 bits."""
    pixels = smaller(pixels_of(picture, data), most_width)
    deep = picture.encoding in image.DEEP
    options = [] if deep else [cv2.IMWRITE_JPEG_QUALITY, quality]
    ok, encoded = cv2.imencode('.png' if deep else '.jpg', pixels, options)
    if not ok:
        raise WireError('the encoder refused it')
    return bytes(encoded.data)


def smaller(pixels: Pixels, most_width: int) -> Pixels:
    """Return pixels of at most that width, 0 for any."""
    height, width = pixels.shape[:2]
    if not most_width or width <= most_width:
        return pixels
    size = (most_width, max(1, height * most_width // width))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)


def pixels_of(picture: Picture, data: bytes) -> Pixels:
    """Return the pixels as OpenCV wants them: rows x columns (x BGR)."""
    size = picture.height * picture.step
    rows: Pixels = np.frombuffer(data, np.uint8, size, picture.start)
    rows = rows.reshape(picture.height, picture.step)[:, :picture.row_bytes]
    if picture.encoding in image.DEEP:
        kind = np.dtype(np.uint16).newbyteorder('>' if picture.big_endian else '<')
        deep: Pixels = np.ascontiguousarray(rows).view(kind)
        return deep.astype(np.uint16)
    channels = image.CHANNELS[picture.encoding]
    if channels > 1:
        rows = rows.reshape(picture.height, picture.width, channels)
    code = _TO_BGR.get(picture.encoding)
    if code is None:
        return rows
    turned: Pixels = cv2.cvtColor(np.ascontiguousarray(rows), code)
    return turned
