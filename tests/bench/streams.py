# SPDX-License-Identifier: Apache-2.0
"""What peers lack to be compared: run as a program of its own, so that it is measured like them.

    streams.py to-lzma BSDIFF OUT     bsdiff's three streams, each as raw LZMA with the best of four
    streams.py to-bzip2 IN BSDIFF     settings instead of bzip2, and back, for bspatch
    streams.py missing OLD NEW OUT    what a terminal with zchunk file OLD fetches of zchunk file NEW:
    streams.py joined OLD PATCH NEW   its header and the chunks that OLD lacks; and NEW again of these
"""

import bz2
import lzma
import subprocess
import sys

MARK = b"BSDIFF40"
SETTINGS = ((3, 0, 2), (3, 0, 0), (0, 2, 2), (1, 0, 0))
HEADER = 32 + 3


def read(path):
    with open(path, "rb") as file:
        return file.read()


def write(path, *parts):
    with open(path, "wb") as file:
        file.writelines(parts)


def number(data, at):
    return int.from_bytes(data[at:at + 8], "little")


def filters(setting):
    lc, lp, pb = SETTINGS[setting]
    return [{"id": lzma.FILTER_LZMA1, "preset": 9 | lzma.PRESET_EXTREME, "dict_size": 64 << 20,
             "lc": lc, "lp": lp, "pb": pb}]


def smallest(stream):
    packed = [lzma.compress(stream, lzma.FORMAT_RAW, filters=filters(i))
              for i in range(len(SETTINGS))]
    best = min(range(len(SETTINGS)), key=lambda i: len(packed[i]))
    return best, packed[best]


def cut(data, header, unpack):
    control, difference = number(data, 8), number(data, 16)
    ends = [header, header + control, header + control + difference, len(data)]
    return [unpack(i, data[ends[i]:ends[i + 1]]) for i in range(3)]


def to_lzma(source, out):
    data = read(source)
    if data[:8] != MARK:
        sys.exit("not a patch of bsdiff")
    streams = cut(data, 32, lambda i, part: bz2.decompress(part))
    packed = [smallest(stream) for stream in streams]
    lengths = [len(part).to_bytes(8, "little") for _, part in packed[:2]]
    write(out, MARK, *lengths, data[24:32], bytes(setting for setting, _ in packed),
          *(part for _, part in packed))


def to_bzip2(source, out):
    data = read(source)
    packed = cut(data, HEADER, lambda i, part: bz2.compress(
        lzma.decompress(part, lzma.FORMAT_RAW, filters=filters(data[32 + i]))))
    lengths = [len(part).to_bytes(8, "little") for part in packed[:2]]
    write(out, MARK, *lengths, data[24:32], *packed)


def chunks(path):
    """(header's bytes, [(digest, first byte, bytes)]) of a zchunk file, in the order of the file."""
    listing = subprocess.run(["zck_read_header", "-c", path], check=True, capture_output=True,
                             text=True).stdout.splitlines()
    header = next(int(line.split(":")[1]) for line in listing if line.startswith("Header size"))
    at = next(i for i, line in enumerate(listing) if line.strip().startswith("Chunk Checksum"))
    rows = [line.split() for line in listing[at + 1:] if line.strip()]
    return header, [(row[1], int(row[2]), int(row[3])) for row in rows]


def missing(old, new, out):
    have = {digest for digest, _, _ in chunks(old)[1]}
    header, wanted = chunks(new)
    data = read(new)
    write(out, data[:header], *(data[at:at + size] for digest, at, size in wanted
                                if digest not in have))


def joined(old, patch, out):
    have = {digest: (at, size) for digest, at, size in chunks(old)[1]}
    header, wanted = chunks(patch)
    base, fetched, parts, at = read(old), read(patch), [], header
    for digest, _, size in wanted:
        if digest in have:
            first, length = have[digest]
            parts.append(base[first:first + length])
        else:
            parts.append(fetched[at:at + size])
            at += size
    write(out, fetched[:header], *parts)


if __name__ == "__main__":
    tasks = {"to-lzma": to_lzma, "to-bzip2": to_bzip2, "missing": missing, "joined": joined}
    tasks[sys.argv[1]](*sys.argv[2:])
