#!/usr/bin/env python3
"""The programs are built as programs that read what strangers send: each protection is in the file, not in a flag.

    hardening.py BUILD_TYPE PROGRAM…

Reads the programs with readelf. FORTIFY needs an optimiser, so it is looked for in optimised builds alone; a sanitizer's
build is not looked at (the caller leaves it out). Exits with 1 and says what is missing.
"""
import platform
import re
import subprocess
import sys

OPTIMISED = ("Release", "RelWithDebInfo", "MinSizeRel")


def readelf(*words):
    return subprocess.run(["readelf", "--wide", *words], capture_output=True, text=True, check=True).stdout


def landing_pads(program):
    """Whether main() begins with the instruction that an indirect jump must land on. The note in the file
    is no help: it is there only where the system's own start-up code has it too."""
    out = subprocess.run(["objdump", "--disassemble=main", "--no-show-raw-insn", program], capture_output=True, text=True, check=True)
    return re.search(r"<main>:\n\s*[0-9a-f]+:\s*endbr64", out.stdout) is not None


def missing_in(program, build_type):
    header, segments = readelf("--file-header", program), readelf("--program-headers", program)
    dynamic, symbols = readelf("--dynamic", program), readelf("--dyn-syms", program)
    stack = re.search(r"GNU_STACK.*", segments)
    protections = {
        "position independent (PIE)": "DYN" in re.search(r"Type:.*", header)[0] and "PIE" in dynamic,
        "RELRO": "GNU_RELRO" in segments,
        "BIND_NOW": "BIND_NOW" in dynamic or re.search(r"FLAGS_1.*\bNOW\b", dynamic) is not None,
        "a stack that can't be executed": stack is not None and "RWE" not in stack[0],
        "stack protector": "__stack_chk_fail" in symbols,
        "FORTIFY": build_type not in OPTIMISED or re.search(r"__\w+_chk\b(?!_fail)", symbols.replace("__stack_chk_fail", "")) is not None,
        "CET (x86)": platform.machine() != "x86_64" or landing_pads(program),
    }
    return [name for name, there in protections.items() if not there]


def main():
    build_type, programs = sys.argv[1], sys.argv[2:]
    bad = 0
    for program in programs:
        missing = missing_in(program, build_type)
        bad += len(missing)
        print(f"{program}: {'missing: ' + ', '.join(missing) if missing else 'all protections are there'}")
    return 1 if bad or not programs else 0


if __name__ == "__main__":
    sys.exit(main())
