"""User accounts of a mail server's own processes.

Mail servers insist on accounts of their own (postfix, Debian-exim). A machine that has not installed them lacks those:
nss_wrapper shows them to the unpacked server's processes alone; as root the user ids are really taken on.
"""
import grp
import pathlib
import pwd

_PASSWD = """\
root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
mail:x:8:8:mail:/var/mail:/usr/sbin/nologin
postfix:x:64101:64101::/nonexistent:/usr/sbin/nologin
Debian-exim:x:64102:64102::/nonexistent:/usr/sbin/nologin
receiver:x:64103:64103::/nonexistent:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
"""
_GROUP = """\
root:x:0:
daemon:x:1:
mail:x:8:
postfix:x:64101:
Debian-exim:x:64102:
receiver:x:64103:
postdrop:x:64104:
nogroup:x:65534:
"""

# The variables a mail server must hand on to the processes it starts.
PASSED_ON = ["SASL_PATH", "LD_PRELOAD", "LD_LIBRARY_PATH", "NSS_WRAPPER_PASSWD", "NSS_WRAPPER_GROUP", "FAKETIME",
             "FAKETIME_SHARED", "NO_FAKE_STAT"]


class Unpacked:
    """Accounts that exist for the server's own processes only."""

    def user(self, name):
        return _id_of(name, _PASSWD)

    def group(self, name):
        return _id_of(name, _GROUP)

    def environment(self, peer, folder):
        """The environment for its processes; the files that it names are put into `folder`."""
        folder = pathlib.Path(folder)
        (folder / "passwd").write_text(_PASSWD)
        (folder / "group").write_text(_GROUP)
        wrapper = next(peer.root.glob("usr/lib/*/libnss_wrapper.so*"))
        return {**peer.environment(), "LD_PRELOAD": str(wrapper),
                "SASL_PATH": ":".join(str(path) for path in peer.root.glob("usr/lib/*/sasl2")),
                "NSS_WRAPPER_PASSWD": str(folder / "passwd"), "NSS_WRAPPER_GROUP": str(folder / "group")}


class Installed:
    """The system's accounts: an installed server brought its own."""

    def user(self, name):
        return pwd.getpwnam("nobody" if name == "receiver" else name).pw_uid

    def group(self, name):
        return grp.getgrnam(name).gr_gid

    def environment(self, peer, folder):
        return peer.environment()


def of(peer):
    return Installed() if peer.is_installed else Unpacked()


def _id_of(name, table):
    return next(int(line.split(":")[2]) for line in table.splitlines() if line.startswith(name + ":"))
