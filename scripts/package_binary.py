"""What scripts/package-wheel and scripts/package-npm share: what a binary is for, and archives that are the same each time."""
import argparse
import os
import pathlib
import struct
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
MACHINES = {62: ("x86_64", "x64"), 183: ("aarch64", "arm64")}  # of ELF: as Python calls them, as Node does
PROGRAM_INTERPRETER = 3


class Binary:
    """A program for Linux: `machine` and `cpu` say of which processor, `static` that it needs no library, `beside` is what
    was made with it: the licences and the list of what is linked in."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.content = self.path.read_bytes()
        head = self.content[:64]
        if len(head) < 64 or head[:6] != b"\x7fELF\x02\x01":
            sys.exit(f"{path} is not a program for 64-bit Linux; allowed: an ELF file")
        number, = struct.unpack_from("<H", head, 18)
        if number not in MACHINES:
            sys.exit(f"{path} is for a processor that is not known here; allowed: x86-64, arm64")
        self.machine, self.cpu = MACHINES[number]
        self.static = not self._has_interpreter(head)
        # In the archive of static programs they stand beside bin/: what is linked in has to be told wherever the program goes.
        tree = self.path.resolve().parent.parent
        self.beside = [file for file in (tree / "LICENSES", tree / "sbom.cdx.json") if file.is_file()]

    def _has_interpreter(self, head):
        offset, = struct.unpack_from("<Q", head, 32)
        size, count = struct.unpack_from("<HH", head, 54)
        kinds = [struct.unpack_from("<I", self.content, offset + i * size)[0] for i in range(count)]
        return PROGRAM_INTERPRETER in kinds


def moment():
    """Of every file in an archive: SOURCE_DATE_EPOCH, else the earliest that a ZIP file can say."""
    return int(os.environ.get("SOURCE_DATE_EPOCH", time.mktime((1980, 1, 2, 0, 0, 0, 0, 0, 0))))


def arguments(text):
    parser = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binaries", nargs="+", metavar="BINARY", help="the program tempfail, for Linux on x86-64 or arm64")
    parser.add_argument("--output", default=".", metavar="DIR", help="where what is made is put (default: here)")
    chosen = parser.parse_args()
    try:
        binaries = [Binary(path) for path in chosen.binaries]
        output = pathlib.Path(chosen.output)
        output.mkdir(parents=True, exist_ok=True)
    except OSError as trouble:
        sys.exit(f"{trouble.filename}: {trouble.strerror}")
    return binaries, output


def sources(folder, leave_out=()):
    """The files below it in a fixed order, without what a run leaves."""
    left = {"__pycache__", *leave_out}
    return sorted(path for path in folder.rglob("*") if path.is_file() and not left & set(path.relative_to(folder).parts))
