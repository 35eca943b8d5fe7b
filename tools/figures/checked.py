"""Files with checksums behind their end, as run files have them: each block is held to its own before HDF5 sees it."""
import hashlib
import io
import re

BLOCK = 1 << 16
LAST_LINE = re.compile(rb"\nSHA-256 of each 65536 bytes of the first (\d{20}), 32 bytes each, then of these: ([0-9a-f]{64})\n")
LINE_BYTES = 159


class Damaged(OSError):
    """Bytes that are not those that were written."""


def sums_of(path):
    """(number of bytes, their sums one after the other); None where the file has none. Raises Damaged, OSError."""
    with open(path, "rb") as file:
        size = file.seek(0, io.SEEK_END)
        file.seek(max(0, size - LINE_BYTES))
        found = LAST_LINE.fullmatch(file.read())
        if found is None:
            return None
        n = int(found[1])
        file.seek(n)
        sums = file.read(max(0, size - LINE_BYTES - n))
    if len(sums) != 32 * -(-n // BLOCK) or hashlib.sha256(sums).hexdigest().encode() != found[2]:
        raise Damaged("is damaged: the checksums at its end are not those that were written")
    return n, sums


class Checked(io.RawIOBase):
    """What h5py opens in place of the file; `damage` says what was found."""

    def __init__(self, path, n, sums):
        super().__init__()
        self.file = open(path, "rb")
        self.n, self.sums, self.at, self.damage = n, sums, 0, None
        self.seen = bytearray(len(sums) // 32)

    def close(self):
        self.file.close()
        super().close()

    def readable(self):
        return True

    def seekable(self):
        return True

    def tell(self):
        return self.at

    def seek(self, offset, whence=io.SEEK_SET):
        self.at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self.at, io.SEEK_END: self.n}[whence]
        return self.at

    def readinto(self, buffer):
        end = min(self.at + len(buffer), self.n)
        for block in range(self.at // BLOCK, -(-end // BLOCK)):
            self.check(block)
        self.file.seek(self.at)
        n = self.file.readinto(memoryview(buffer)[:max(0, end - self.at)])
        self.at += n
        return n

    def check(self, block):
        if self.seen[block]:
            return
        first = block * BLOCK
        self.file.seek(first)
        content = self.file.read(min(BLOCK, self.n - first))
        if hashlib.sha256(content).digest() != self.sums[32 * block:32 * block + 32]:
            self.damage = (f"is damaged: bytes {first} to {min(first + BLOCK, self.n) - 1} of {self.n} are not those "
                           "that were written")
            raise Damaged(self.damage)
        self.seen[block] = 1
