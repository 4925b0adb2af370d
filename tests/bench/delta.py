# SPDX-License-Identifier: Apache-2.0
"""Deltas beside those of others, over a folder of pairs: bytes, time and memory; see README.md."""

import argparse
import filecmp
import hashlib
import json
import math
import os
import shutil
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor

import images
import measure
import peers

OURS = "postern"
MIB = float(1 << 20)


def arguments():
    parser = argparse.ArgumentParser(
        prog="run.sh delta", description="Postern's deltas beside those of others.")
    parser.add_argument("--corpus", required=True, metavar="DIR",
                        help="folder of pairs, DIR/<pair>/old and DIR/<pair>/new")
    parser.add_argument("--postern", default="build/release/bin/postern", metavar="FILE")
    parser.add_argument("--pairs", default="", metavar="A,B", help="only these")
    parser.add_argument("--peers", default=None, metavar="A,B", help="only these; none: ''")
    parser.add_argument("--json", metavar="FILE", help="everything that was measured")
    parser.add_argument("--tsv", metavar="FILE", help="one line a result, as they come")
    parser.add_argument("--cache", metavar="FILE",
                        help="keeps what peers did, so that the next run measures only ours")
    parser.add_argument("--jobs", type=int, default=1, metavar="N",
                        help="runs side by side; above 1, times cannot be compared (1)")
    parser.add_argument("--limit", type=int, default=3600, metavar="SECONDS",
                        help="for one step of one peer (3600)")
    return parser.parse_args()


# ---- pairs


def digest_of(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Pair:
    def __init__(self, name, folder):
        self.name = name
        self.old, self.new = os.path.join(folder, "old"), os.path.join(folder, "new")
        self.bytes = os.path.getsize(self.new)
        self.arch = images.arch_of(self.new)
        self.key = digest_of(self.old) + digest_of(self.new)


def pairs_of(corpus, wanted):
    folders = {entry.name: entry.path for entry in os.scandir(corpus)
               if os.path.isfile(f"{entry.path}/old") and os.path.isfile(f"{entry.path}/new")}
    for name in wanted:
        if name not in folders:
            sys.exit(f"no pair '{name}' in {corpus}")
    pairs = [Pair(name, os.path.abspath(folders[name])) for name in wanted or folders]
    return pairs if wanted else sorted(pairs, key=lambda pair: (pair.bytes, pair.name))


# ---- one peer on one pair


def steps(recipe, files, folder, limit_s):
    cost = measure.Cost()
    for line in recipe:
        line = [word.format(**files) for word in line]
        out = None
        if len(line) > 2 and line[-2] == ">":
            line, out = line[:-2], line[-1]
        cost += measure.run(line, folder, limit_s, out)
    return cost


def repeated(recipe, files, folder, limit_s):
    """As steps(), several times where it is short: what is over at once is hardly ever sampled."""
    cost = steps(recipe, files, folder, limit_s)
    again = 4 if cost.wall_s < 0.2 else 0
    for _ in range(again):
        os.unlink(files["out"])
        cost = cost.of_same(steps(recipe, files, folder, limit_s))
    return cost


def measured(pair, peer, limit_s):
    """The result of one peer on one pair. A patch counts only when it gave `new` again."""
    if peer.arch not in (None, pair.arch) or pair.bytes > (peer.most or pair.bytes):
        return {"state": "not for it"}
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        files = {"old": pair.old, "new": pair.new, "own": folder, "patch": f"{folder}/patch",
                 "out": f"{folder}/out"}
        try:
            steps(peer.untimed, files, folder, limit_s)
            make = steps(peer.make, files, folder, limit_s)
            size = peer.fetched(folder) if peer.fetched else os.path.getsize(files["patch"])
            apply = repeated(peer.apply, files, folder, limit_s)
            if not filecmp.cmp(pair.new, files["out"], shallow=False):
                raise measure.Failed("applied, its patch gives another image")
        except (measure.Failed, OSError) as failure:
            return {"state": "failed", "why": str(failure).replace(folder, "")}
    return {"state": "proven", "bytes": size, "make": make.as_json(), "apply": apply.as_json()}


class Kept:
    """Results by what they came from: both images, the peer's program and its recipe."""

    def __init__(self, path):
        self.path, self.lock, self.results = path, threading.Lock(), {}
        if path and os.path.exists(path):
            with open(path, encoding="utf-8") as lines:
                for line in lines:
                    row = json.loads(line)
                    self.results[row["key"]] = row["result"]

    @staticmethod
    def key(pair, peer):
        return hashlib.sha256(f"{pair.key} {peer.name} {peer.stamp()}".encode()).hexdigest()

    def add(self, key, result):
        if self.path:
            with self.lock, open(self.path, "a", encoding="utf-8") as lines:
                lines.write(json.dumps({"key": key, "result": result}) + "\n")


def result_of(pair, peer, kept, options):
    if peer.name == OURS:
        return measured(pair, peer, options.limit)
    key = kept.key(pair, peer)
    if key not in kept.results:
        kept.results[key] = measured(pair, peer, options.limit)
        if kept.results[key]["state"] == "proven":
            kept.add(key, kept.results[key])
    return kept.results[key]


# ---- what it comes to


def geometric_mean(values):
    return math.exp(sum(map(math.log, values)) / len(values)) if values else None


def size_of(row, name):
    return row["results"].get(name, {}).get("bytes")


def ratio(row, to):
    ours, theirs = size_of(row, OURS), size_of(row, to) if to else None
    return ours / theirs if ours and theirs else None


def best_of(row, rivals):
    proven = [name for name in rivals if size_of(row, name)]
    return min(proven, key=lambda name: (size_of(row, name), name), default=None)


def judged(rows, rivals):
    for row in rows:
        row["best_peer"] = best_of(row, rivals)
        row["ratio_best"] = ratio(row, row["best_peer"])
        row["ratio_bsdiff"] = ratio(row, "bsdiff")
    means = {}
    for which, group in (("all", rows), ("code", [row for row in rows if row["arch"]])):
        means[which] = {"pairs": len(group)}
        for field in ("ratio_best", "ratio_bsdiff"):
            means[which][field] = geometric_mean([row[field] for row in group if row[field]])
    return means


def shown(value, form):
    return "-" if value is None else format(value, form)


def cell(result):
    if result["state"] == "proven":
        return f"{result['bytes']:,}"
    return {"failed": "failed", "not for it": "-"}[result["state"]]


def cost_cell(result, what):
    if result is None or result["state"] != "proven":
        return "-"
    return f"{result[what]['cpu_s']:.2f}/{result[what]['anon_bytes'] / MIB:.1f}"


def print_table(heads, lines):
    table = [heads, *lines]
    widths = [max(len(line[i]) for line in table) for i in range(len(heads))]
    for line in table:
        print("  ".join(text.ljust(width) if i == 0 else text.rjust(width)
                        for i, (text, width) in enumerate(zip(line, widths))).rstrip())


def print_results(rows, names, means):
    print("\nbytes to fetch")
    print_table(["pair", "code", "new", *names, "best", "/best", "/bsdiff"],
                [[row["pair"], row["arch"] or "-", f"{row['bytes']:,}",
                  *(cell(row["results"][name]) for name in names), row["best_peer"] or "-",
                  shown(row["ratio_best"], ".3f"), shown(row["ratio_bsdiff"], ".3f")]
                 for row in rows])
    for which, words in (("all", "all pairs"), ("code", "pairs that hold code")):
        print(f"geometric mean over {words} ({means[which]['pairs']}): "
              f"{shown(means[which]['ratio_best'], '.3f')} of the best peer, "
              f"{shown(means[which]['ratio_bsdiff'], '.3f')} of bsdiff")
    for what in ("make", "apply"):
        print(f"\n{what}: CPU seconds / private MiB")
        print_table(["pair", *names], [[row["pair"], *(cost_cell(row["results"][name], what)
                                                      for name in names)] for row in rows])
    for row in rows:
        for name, result in row["results"].items():
            if result["state"] == "failed":
                print(f"failed: {name} on {row['pair']}: {result['why']}")


def tsv_line(pair, peer, result):
    if result["state"] != "proven":
        return "\t".join([pair.name, peer.name, result["state"].replace(" ", "-")])
    make, apply = result["make"], result["apply"]
    return "\t".join([pair.name, peer.name, str(result["bytes"]), f"{make['cpu_s']:.2f}",
                      f"{make['anon_bytes'] / MIB:.1f}", f"{apply['cpu_s']:.3f}",
                      f"{apply['anon_bytes'] / MIB:.1f}"])


# ---- all of it


def field(options):
    """The programs to be measured, ours last, and the names of the peers that are not here."""
    if os.environ.get("PST_PEERS_DIR"):
        os.environ["PATH"] = os.environ["PST_PEERS_DIR"] + os.pathsep + os.environ["PATH"]
    wanted = None if options.peers is None else [name for name in options.peers.split(",") if name]
    program = os.path.abspath(options.postern)
    everyone = [peers.ours_full(program), *peers.PEERS]
    known = [peer.name for peer in everyone]
    for name in wanted or []:
        if name not in known:
            sys.exit(f"no peer '{name}': there are {', '.join(known)}")
    chosen = [peer for peer in everyone if wanted is None or peer.name in wanted]
    here = [peer for peer in chosen if peer.present()]
    absent = [peer.name for peer in chosen if not peer.present()]
    postern = peers.ours(program)
    if postern.present():
        here.append(postern)
    else:
        print(f"no program {options.postern}: peers only", file=sys.stderr)
    return here, absent


def measure_all(pairs, here, options):
    kept = Kept(options.cache)
    lock = threading.Lock()
    rows = [{"pair": pair.name, "bytes": pair.bytes, "arch": pair.arch, "results": {}}
            for pair in pairs]

    def one(task):
        pair, row, peer = task
        result = result_of(pair, peer, kept, options)
        with lock:
            row["results"][peer.name] = result
            print(f"{pair.name} {peer.name}: {cell(result)}", file=sys.stderr)
            if options.tsv:
                with open(options.tsv, "a", encoding="utf-8") as lines:
                    lines.write(tsv_line(pair, peer, result) + "\n")

    tasks = [(pair, row, peer) for pair, row in zip(pairs, rows) for peer in here]
    with ThreadPoolExecutor(max(1, options.jobs)) as pool:
        for _ in pool.map(one, tasks):
            pass
    return rows


def main():
    options = arguments()
    here, absent = field(options)
    pairs = pairs_of(options.corpus, [name for name in options.pairs.split(",") if name])
    if not pairs:
        sys.exit(f"no pair in {options.corpus}")
    if options.tsv:
        with open(options.tsv, "w", encoding="utf-8") as lines:
            lines.write("pair\tpeer\tbytes\tmake_s\tmake_MiB\tapply_s\tapply_anon_MiB\n")
    rows = measure_all(pairs, here, options)
    means = judged(rows, [peer.name for peer in here if not peer.full and peer.name != OURS])
    print_results(rows, [peer.name for peer in here], means)
    if absent:
        print(f"not on this machine: {', '.join(absent)}")
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({"pairs": rows, "means": means, "absent": absent, "jobs": options.jobs}, file,
                      indent=1)
            file.write("\n")
    ours_failed = any(row["results"].get(OURS, {}).get("state") == "failed" for row in rows)
    return 1 if ours_failed else 0


if __name__ == "__main__":
    sys.exit(main())
