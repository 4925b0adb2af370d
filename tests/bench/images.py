# SPDX-License-Identifier: Apache-2.0
"""What kind of bytes an image holds."""

import re

# ELF's e_machine, at byte 18.
MACHINES = {183: "arm64", 40: "thumb", 62: "x86-64", 243: "riscv"}
# Images that are no ELF are told by how often a function returns in them; beside each pattern, how
# often a byte without order begins one. No alignment: squashfs packs files without gaps.
RETURNS = [
    ("arm64", re.compile(rb"\xc0\x03\x5f\xd6"), 2.0 ** -32),  # ret
    ("thumb", re.compile(rb"\x70\x47|[\x10\x30\x70\xf0\xf8]\xbd"), 6 * 2.0 ** -16),  # bx lr; pop
]
BYTES_PER_RETURN = 4096


def arch_of(path):
    """The instruction set of an image's code; None where it holds none that is known here."""
    with open(path, "rb") as file:
        data = file.read()
    if data[:4] == b"\x7fELF":
        return MACHINES.get(int.from_bytes(data[18:20], "little"), "other")
    for arch, pattern, by_chance in RETURNS:
        found = sum(1 for _ in pattern.finditer(data))
        if found > 2 * by_chance * len(data) + len(data) / BYTES_PER_RETURN:
            return arch
    return None
