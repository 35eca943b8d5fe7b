"""Where tools write: never over what is read, never in place of what is no regular file, behind links, whole or not at
all, with the mode of what was there."""
import contextlib
import os
import pathlib
import stat
import tempfile

STREAMS = ("/dev/stdout", "/dev/stderr", "/dev/fd/", "/proc/self/fd/")


class Refused(Exception):
    """An output that cannot be; says why and what would do."""


def keep_streams():
    """Takes descriptors 0 to 2 where they are closed, so that no file gets the number of a stream; what is written
    there fails as before."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_WRONLY if number == 0 else os.O_RDONLY)


def is_stream(path):
    """A pipe, a character device or an open file of the process: written through, not replaced."""
    if str(path).startswith(STREAMS):
        return True
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode)


def check(path, inputs, through=False):
    """Raises Refused, before any work, where the file cannot or may not be written; `through`: streams may."""
    if is_stream(path):
        if through:
            return
        raise Refused(f"{path}: is a pipe or a device and cannot be replaced; -o names a file")
    if path.is_dir():
        raise Refused(f"{path}: is a folder; -o names a file")
    if path.exists():
        if not path.is_file():
            raise Refused(f"{path}: is no regular file and cannot be replaced; -o names a file")
        for given in inputs:
            if given.exists() and os.path.samefile(path, given):
                raise Refused(f"{path}: is {given}, which is read; -o names another file")


@contextlib.contextmanager
def written(path):
    """A file to write bytes to; it takes the place of `path` once the block has ended well."""
    if is_stream(path):
        descriptor = {"/dev/stdout": 1, "/dev/stderr": 2}.get(str(path))
        with open(path if descriptor is None else os.dup(descriptor), "wb") as file:
            yield file
        return
    place = pathlib.Path(os.path.realpath(path))
    descriptor, temporary = tempfile.mkstemp(dir=place.parent, prefix=".new-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
        mask = os.umask(0)
        os.umask(mask)
        # As any new file, or the one before; mkstemp's is for nobody else.
        os.chmod(temporary, stat.S_IMODE(place.stat().st_mode) if place.exists() else 0o666 & ~mask)
        os.replace(temporary, place)
    except BaseException:
        os.unlink(temporary)
        raise
