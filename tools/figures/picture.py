"""Small images as PNG in a data URI."""
import base64
import struct
import zlib

import numpy as np


def data_uri(image, signed=False):
    return "data:image/png;base64," + base64.b64encode(png(pixels(image, signed))).decode()


def pixels(image, signed):
    """Bytes of an image: grey [row, column], or [row, column, 3] from blue through white to red."""
    image = np.nan_to_num(np.asarray(image, float))
    if not signed:
        return np.clip(np.rint(255 * image), 0, 255).astype(np.uint8)
    v = np.clip(image, -1, 1)[..., None]
    white, red, blue = (np.array(colour, float) for colour in ((255, 255, 255), (178, 32, 44), (33, 92, 170)))
    mixed = np.where(v > 0, white + v * (red - white), white - v * (blue - white))
    return np.rint(mixed).astype(np.uint8)


def png(values):
    """A PNG of 8-bit grey or RGB. Source: PNG specification (W3C 2003), sections 5 and 11.2."""
    n_rows, n_columns = values.shape[:2]
    colour_type = 2 if values.ndim == 3 else 0
    # each row begins with the number of its filter; 0 is none
    rows = np.concatenate([np.zeros((n_rows, 1), np.uint8), values.reshape(n_rows, -1)], axis=1)
    header = struct.pack(">IIBBBBB", n_columns, n_rows, 8, colour_type, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows.tobytes(), 9)) \
        + chunk(b"IEND", b"")


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
