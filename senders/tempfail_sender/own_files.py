"""A mail server's files at the places that are compiled into it, seen by this process and by what it starts alone.

    enter(peer, ["smtpd"])     # /usr has the unpacked programs, /etc and /var are a copy that can be written to

A mount namespace does it: the rest of the machine sees nothing of it, and it is gone with the last process. Needs root.
"""
import ctypes
import os
import pathlib
import shutil

from .unpack import Unavailable

_NEW_MOUNTS = 0x00020000          # CLONE_NEWNS
_PRIVATE = 0x4000 | 0x40000       # MS_REC | MS_PRIVATE
_BIND = 0x1000 | 0x4000           # MS_BIND | MS_REC
_WORK = pathlib.Path("/run/tempfail-sender")
_FIRST_ID = 64201


def enter(peer, users):
    """`users`: those that the server changes to, each with a group of its name."""
    resolver = pathlib.Path("/etc/resolv.conf").read_bytes()  # which may lie in /run, or be a lab's
    _call("unshare", _NEW_MOUNTS)
    _mount("none", "/", None, _PRIVATE)
    _mount("tmpfs", "/run", "tmpfs", 0)
    for name in ("var", "etc", "kept"):
        (_WORK / name / "work").mkdir(parents=True)
        (_WORK / name / "upper").mkdir()
    _mount("/var/tmp", _WORK / "kept", None, _BIND)
    if not peer.is_installed:
        _mount("overlay", "/usr", "overlay", 0, f"lowerdir={peer.root}/usr:/usr")
    for name in ("var", "etc"):
        upper = _WORK / name / "upper"
        if not peer.is_installed and (peer.root / name).is_dir():
            shutil.copytree(peer.root / name, upper, symlinks=True, dirs_exist_ok=True)
        _mount("overlay", f"/{name}", "overlay", 0, f"lowerdir=/{name},upperdir={upper},workdir={_WORK / name / 'work'}")
    _mount(_WORK / "kept", "/var/tmp", None, _BIND)
    pathlib.Path("/etc/resolv.conf").unlink()
    pathlib.Path("/etc/resolv.conf").write_bytes(resolver)
    _add(users)


def owned(path, user, group=None, mode=0o755):
    """A new folder of a user, with all above it."""
    path = pathlib.Path(path)
    path.mkdir(parents=True, exist_ok=True)
    shutil.chown(path, user, group)
    path.chmod(mode)
    return path


def with_group(program, group):
    """Gives a program its group again (setgid), which unpacking takes away: this process's view of it alone."""
    own = _WORK / program.name
    shutil.copy(program, own)
    shutil.chown(own, None, group)
    own.chmod(0o2755)
    _mount(own, program, None, _BIND)


def _add(users):
    for number, user in enumerate(users, _FIRST_ID):
        for file, line in (("passwd", f"{user}:x:{number}:{number}::/nonexistent:/usr/sbin/nologin\n"), ("group", f"{user}:x:{number}:\n")):
            path = pathlib.Path("/etc", file)
            text = path.read_text()
            if not any(each.startswith(f"{user}:") for each in text.splitlines()):
                path.write_text(text + line)


def _mount(source, target, kind, flags, data=None):
    _call("mount", *(str(each).encode() if each else None for each in (source, target, kind)), flags,
          data.encode() if data else None)


def _call(name, *arguments):
    library = ctypes.CDLL(None, use_errno=True)
    if getattr(library, name)(*arguments) != 0:
        raise Unavailable(f"{name} {arguments}: {os.strerror(ctypes.get_errno())}")
