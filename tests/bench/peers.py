# SPDX-License-Identifier: Apache-2.0
"""The peers, each as it is best used: how its patch is made, and how it is applied.

A recipe is a list of steps. A step is a list of words, in which {old}, {new}, {patch} and {out} stand
for the files and {own} for the scratch folder; a step that ends in ">" and a name writes its standard
output there. What is fetched is {patch}; where that is several files, `fetched` counts them.
"""

import hashlib
import os
import shutil
import sys

import whole

HERE = os.path.dirname(os.path.abspath(__file__))
STREAMS = [sys.executable, "-B", os.path.join(HERE, "streams.py")]
WHOLE = [sys.executable, "-B", os.path.join(HERE, "whole.py")]
MIB = 1 << 20


class Peer:
    def __init__(self, name, tools, make, apply, fetched=None, arch=None, most=None, full=False,
                 untimed=()):
        self.name = name
        self.tools = tools      # programs that must be there
        self.make, self.apply = make, apply
        self.fetched = fetched  # folder -> bytes, where they are not one file
        self.arch = arch        # only for images of this instruction set
        self.most = most        # largest image that it ends with in reasonable time
        self.full = full        # the whole image: what a delta is worth is seen from it, no peer
        self.untimed = untimed  # what must be there before (the old release as a store)

    def present(self):
        return all(shutil.which(tool) for tool in self.tools)

    def stamp(self):
        """Changes with the programs and with the recipe, so that a kept result is that of today."""
        recipe = repr((self.make, self.apply, self.untimed))
        for place in (STREAMS[2], WHOLE[2], sys.executable, *filter(os.path.isabs, self.tools)):
            recipe = recipe.replace(place, "")
        digest = hashlib.sha256(recipe.encode())
        for tool in self.tools:
            with open(shutil.which(tool), "rb") as file:
                digest.update(file.read())
        if any(step[:3] == STREAMS for step in self.make + self.apply):
            with open(STREAMS[2], "rb") as file:
                digest.update(file.read())
        return digest.hexdigest()[:16]


def words(*steps):
    """Recipes as lines; a word STREAMS stands for the program beside this file."""
    return [[part for word in step.split() for part in (STREAMS if word == "STREAMS" else [word])]
            for step in steps]


def hdiff(name, packing):
    return Peer(name, ["hdiffz", "hpatchz"],
                words(f"hdiffz -f -m-6 -SD-256k -p-1 {packing} {{old}} {{new}} {{patch}}"),
                words("hpatchz -f -s-4m {old} {patch} {out}"))


def detools(name, options, arch=None, most=None):
    return Peer(name, ["detools"], words(f"detools create_patch {options} {{old}} {{new}} {{patch}}"),
                words("detools apply_patch {old} {patch} {out}"), arch=arch, most=most)


def casync_fetched(folder):
    """The index, and every chunk that is not in the old release's store."""
    names = {}
    for store in ("old", "new"):
        names[store] = {file: os.path.getsize(os.path.join(path, file))
                        for path, _, files in os.walk(f"{folder}/{store}.castr") for file in files}
    new = sum(size for file, size in names["new"].items() if file not in names["old"])
    return new + os.path.getsize(f"{folder}/new.caibx")


PEERS = [
    Peer("full-xz", ["xz"], words("xz -9e -k -c {new} > {patch}"),
         words("xz -d -c {patch} > {out}"), full=True),
    Peer("bsdiff", ["bsdiff", "bspatch"], words("bsdiff {old} {new} {patch}"),
         words("bspatch {old} {out} {patch}")),
    Peer("bsdf2", ["bsdiff", "bspatch"],
         words("bsdiff {old} {new} {own}/bz", "STREAMS to-lzma {own}/bz {patch}"),
         words("STREAMS to-bzip2 {patch} {own}/again", "bspatch {old} {out} {own}/again")),
    Peer("xdelta3", ["xdelta3"],
         words("xdelta3 -e -f -9 -S lzma -B 536870912 -W 16777216 -I 0 -s {old} {new} {patch}"),
         words("xdelta3 -d -f -B 536870912 -s {old} {patch} {out}")),
    Peer("zstd", ["zstd"],
         words("zstd -q -f -k --ultra -22 --long=31 --patch-from={old} {new} -o {patch}"),
         words("zstd -q -f -d --long=31 --memory=2048MB --patch-from={old} {patch} -o {out}")),
    Peer("rdiff-xz", ["rdiff", "xz"],
         words("rdiff -f signature {old} {own}/signature",
               "rdiff -f delta {own}/signature {new} {own}/delta",
               "xz -9e -k -c {own}/delta > {patch}"),
         words("xz -d -c {patch} > {own}/plain", "rdiff -f patch {old} {own}/plain {out}")),
    hdiff("hdiff-zstd", "-c-zstd-21-24"),
    hdiff("hdiff-lzma2", "-c-lzma2-9-64m"),
    detools("detools", "-c lzma"),
    # Its tables are built in Python: about five seconds for each MiB.
    detools("detools-aarch64", "-c lzma --data-format aarch64", "arm64", 64 * MIB),
    detools("detools-cortex", "-c lzma --data-format arm-cortex-m4", "thumb", 64 * MIB),
    Peer("zucchini", ["zucchini", "xz"],
         words("zucchini -gen {old} {new} {own}/plain", "xz -9e -k -c {own}/plain > {patch}"),
         words("xz -d -c {patch} > {own}/again", "zucchini -apply {old} {own}/again {out}")),
    Peer("casync", ["casync"],
         words("casync make --store={own}/new.castr {own}/new.caibx {new}"),
         words("casync extract --store={own}/new.castr --seed={old} {own}/new.caibx {out}"),
         fetched=casync_fetched,
         untimed=words("casync make --store={own}/old.castr {own}/old.caibx {old}")),
    Peer("zchunk", ["zck", "unzck", "zck_read_header"],
         words("zck -o {own}/new.zck {new}", "STREAMS missing {own}/old.zck {own}/new.zck {patch}"),
         words("STREAMS joined {own}/old.zck {patch} {own}/again.zck",
               "unzck -c {own}/again.zck > {out}"),
         untimed=words("zck -o {own}/old.zck {old}")),
]


def ours(postern):
    return Peer("postern", [postern], [[postern, *"delta make {old} {new} {patch}".split()]],
                [[postern, *"delta apply {old} {patch} {out}".split()]])


def ours_full(postern):
    """The whole image as a release carries it."""
    build = "release build {own}/spec --image os={new} --out {own}/release".split()
    return Peer("full-postern", [postern], [[postern, *build]],
                [[*WHOLE, "unpack", "{own}/release", "{out}"]], full=True,
                fetched=lambda folder: os.path.getsize(whole.image_of(f"{folder}/release")),
                untimed=[[*WHOLE, "spec", "{own}/spec"]])
