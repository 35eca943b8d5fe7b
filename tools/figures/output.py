"""Where tools write: never over what is read, never in place of what is no regular file, behind links, whole or not at
all, with the mode of what was there."""
import contextlib
import fcntl
import hashlib
import os
import pathlib
import stat
import tempfile

STREAMS = ("/dev/stdout", "/dev/stderr", "/dev/fd/", "/proc/self/fd/")
HDF5 = b"\x89HDF\r\n\x1a\n"


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
        if path.name.endswith((".ckpt", ".ckpt.previous")) or begins(path, HDF5):
            raise Refused(f"{path}: is a run, a checkpoint or data, which no figure replaces; -o names another file")
        if is_locked(path):
            raise Refused(f"{path}: another process is writing it; -o names another file")


def check_data(path, runs):
    """Raises Refused where the file is one that a run got its data from, under whatever name."""
    if is_stream(path) or not path.is_file():
        return
    size, sha256 = path.stat().st_size, None
    for run in runs:
        for file in run.data_files():
            known = [pathlib.Path(file["path"]), run.path.parent / file["path"]]
            same = any(place.exists() and os.path.samefile(path, place) for place in known)
            if not same and str(size) == file["size"]:
                sha256 = sha256 or hashlib.sha256(path.read_bytes()).hexdigest()
                same = sha256 == file["sha256"]
            if same:
                raise Refused(f"{path}: is the {file['role']} data of {run.path}; -o names another file")


def begins(path, mark):
    with open(path, "rb") as file:
        return file.read(len(mark)) == mark


def is_locked(path):
    with open(path, "rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False  # a file system without locks
    return False


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
