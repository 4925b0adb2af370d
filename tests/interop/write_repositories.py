# SPDX-License-Identifier: Apache-2.0
"""Writes repositories with python-tuf, in shapes that we do not publish ourselves, and serves them:

    python3 write_repositories.py FOLDER PORT-FILE

    FOLDER/SHAPE/root.json          the first root, to begin with
    FOLDER/SHAPE/STEP/expect        "good", or "bad" and the finding's code; then target paths, one a line
    FOLDER/SHAPE/STEP/metadata/...  what a client finds at http://127.0.0.1:PORT/SHAPE/STEP/metadata/
    FOLDER/SHAPE/STEP/targets/...
    FOLDER/SHAPE/STEP/content/...   each target's true content, under its path

The steps of a shape are one repository as time goes by: one client sees them in turn. FOLDER is written
whole before PORT-FILE is.
"""
import os
import sys
from datetime import datetime, timezone
from functools import partial
from hashlib import sha256
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

from securesystemslib.formats import encode_canonical
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import (DelegatedRole, Delegations, Metadata, MetaFile, Root, Snapshot,
                              SuccinctRoles, TargetFile, Targets, Timestamp)
from tuf.api.serialization.json import JSONSerializer

FAR = datetime(2100, 1, 1, tzinfo=timezone.utc)
PAST = datetime(2020, 1, 1, tzinfo=timezone.utc)
MAKERS = {"ed25519": CryptoSigner.generate_ed25519, "ecdsa": CryptoSigner.generate_ecdsa,
          "rsa": partial(CryptoSigner.generate_rsa, size=2048)}
FORMS = {"pretty": lambda md: md.to_bytes(JSONSerializer(compact=False)),
         "compact": lambda md: md.to_bytes(JSONSerializer(compact=True)),
         # Only where no text holds a line feed, as PEM does: those stand raw in this form.
         "canonical": lambda md: encode_canonical(md.to_dict()).encode()}
TOP = ("root", "timestamp", "snapshot", "targets")
made = {}


def key(kind, number=0):
    """The same key each time: they cost more than anything else here."""
    if (kind, number) not in made:
        made[kind, number] = MAKERS[kind]()
    return made[kind, number]


class Site:
    """One repository. Change anything, then publish() it as the next step."""

    def __init__(self, base, shape, kinds=("ed25519",) * 4, form="pretty", consistent=True):
        self.folder = os.path.join(base, shape)
        self.form = form
        self.consistent = consistent
        self.signers = {role: [key(kind, n)] for n, (role, kind) in enumerate(zip(TOP, kinds))}
        self.thresholds = dict.fromkeys(TOP, 1)
        self.expires = dict.fromkeys(TOP, FAR)
        self.roles = {"targets": Targets()}
        self.versions = {"timestamp": 0, "snapshot": 0}
        self.custom = {}
        self.files = {}  # served name -> bytes
        self.contents = {}  # target path -> bytes
        self.roots = []
        self.lengths_and_hashes = True
        self.change = {}  # role -> what to do to it before it is signed
        self.damage = {}  # role -> what to do to its bytes afterwards
        self.steps = 0
        self.add_root()

    # ---- roots

    def add_root(self, signers=None):
        """The root as things stand, signed by its own keys and by those before it."""
        version = len(self.roots) + 1
        root = Root(version=version, expires=self.expires["root"],
                    consistent_snapshot=self.consistent, unrecognized_fields=dict(self.custom))
        for role in TOP:
            root.roles[role].threshold = self.thresholds[role]
            for signer in self.signers[role]:
                root.add_key(signer.public_key, role)
        if "root" in self.change:
            self.change["root"](root)
        md = Metadata(root)
        both = self.signers["root"] + (self.roots[-1][1] if self.roots else [])
        for signer in signers or {s.public_key.keyid: s for s in both}.values():
            md.sign(signer, append=True)
        self.roots.append((FORMS[self.form](md), list(self.signers["root"])))

    def rotate(self, role, *signers, threshold=1):
        self.signers[role] = list(signers)
        self.thresholds[role] = threshold

    # ---- targets

    def add(self, path, role="targets", algorithms=("sha256",), served=None):
        content = f"{path} by {role}\n".encode() * 200
        info = TargetFile.from_data(path, content, list(algorithms))
        self.roles[role].targets[path] = info
        self.contents[path] = content
        directory, _, name = path.rpartition("/")
        names = [name] if not self.consistent else [f"{h}.{name}" for h in info.hashes.values()]
        for name in names:
            self.files["targets/" + (directory + "/" if directory else "") + name] = served or content

    def delegate(self, parent, name, signers, threshold=1, **rule):
        """A role of its own, which `parent` lets sign what `rule` says."""
        keyids = [s.public_key.keyid for s in signers]
        delegations = self.roles[parent].delegations or Delegations({}, {})
        delegations.roles[name] = DelegatedRole(name, keyids, threshold,
                                                rule.pop("terminating", False), **rule)
        delegations.keys.update({s.public_key.keyid: s.public_key for s in signers})
        self.roles[parent].delegations = delegations
        self.roles.setdefault(name, Targets())
        self.signers[name] = signers

    # ---- publishing

    def write_role(self, name, signed, served):
        if name in self.change:
            self.change[name](signed)
        md = Metadata(signed)
        for signer in self.signers[name]:
            md.sign(signer, append=True)
        data = FORMS[self.form](md)
        info = MetaFile(signed.version)
        if self.lengths_and_hashes:
            info = MetaFile.from_data(signed.version, data, ["sha256"])
        self.files["metadata/" + served] = self.damage.get(name, bytes)(data)
        return info

    def versioned(self, name, version):
        return f"{version}.{name}.json" if self.consistent else f"{name}.json"

    def publish(self, *targets, bad=None):
        """The next step: all roles signed anew. `bad` is the finding's code."""
        for number, (data, _) in enumerate(self.roots, 1):
            self.files[f"metadata/{number}.root.json"] = data
        self.versions["snapshot"] += 1
        self.versions["timestamp"] += 1
        snapshot = Snapshot(version=self.versions["snapshot"], expires=self.expires["snapshot"])
        for name, signed in self.roles.items():
            signed.expires = self.expires.get(name, FAR)
            snapshot.meta[name + ".json"] = self.write_role(
                name, signed, self.versioned(name, signed.version))
        info = self.write_role("snapshot", snapshot, self.versioned("snapshot", snapshot.version))
        timestamp = Timestamp(version=self.versions["timestamp"], expires=self.expires["timestamp"],
                              snapshot_meta=info)
        self.write_role("timestamp", timestamp, "timestamp.json")
        self.write_step(targets or sorted(self.contents), bad)

    def write_step(self, targets, bad):
        self.steps += 1
        step = os.path.join(self.folder, str(self.steps))
        files = {"expect": "\n".join([f"bad {bad}" if bad else "good", *targets, ""]).encode()}
        files.update(self.files)
        files.update({"content/" + path: data for path, data in self.contents.items()})
        for name, data in files.items():
            path = os.path.join(step, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(data)
        with open(os.path.join(self.folder, "root.json"), "wb") as file:
            file.write(self.roots[0][0])


def simple(base, shape, **how):
    site = Site(base, shape, **how)
    site.add("one.img")
    return site


# ---- what our agent must read


def forms_and_keys(base):
    for form in FORMS:
        for consistent in (True, False):
            site = simple(base, f"{form}-{'consistent' if consistent else 'plain-names'}", form=form,
                          consistent=consistent)
            site.add("a/b/two.img")
            site.publish()
    for kind in MAKERS:
        simple(base, "all-" + kind, kinds=(kind,) * 4).publish()
    simple(base, "mixed-keys", kinds=("rsa", "ecdsa", "ed25519", "rsa")).publish()


def details(base):
    site = simple(base, "digests")
    site.add("sha512.img", algorithms=["sha512"])
    site.add("both.img", algorithms=["sha256", "sha512"])
    site.publish()
    site = simple(base, "no-lengths-no-hashes")
    site.lengths_and_hashes = False
    site.publish()
    site = simple(base, "fields-of-others")
    site.custom = {"x-vendor": {"notes": ["ünïcode", 1, None, {"deep": True}]}}
    site.roots.clear()
    site.add_root()
    site.roles["targets"].targets["one.img"].unrecognized_fields["custom"] = {"model": "C9"}
    site.publish()
    site = simple(base, "time-goes-by")
    site.publish()
    site.publish()
    site.roles["targets"].version = 2
    site.add("later.img")
    site.publish()


def rotations(base):
    site = simple(base, "rotations", kinds=("ed25519", "ecdsa", "ed25519", "rsa"))
    site.publish()
    for signers, threshold in (([key("ecdsa", 5)], 1),  # another key, of another kind
                               ([key("ecdsa", 5), key("rsa", 6), key("ed25519", 7)], 2),  # 1 to 2
                               ([key("ed25519", 8), key("ed25519", 9)], 2),  # all of them at once
                               ([key("ed25519", 8)], 1)):  # and down again
        site.rotate("root", *signers, threshold=threshold)
        site.add_root()
    site.publish()
    for role in TOP[1:]:
        site.rotate(role, key("ecdsa", 10), key("ed25519", 11), threshold=2)
    site.add_root()
    site.publish()
    site.consistent = False
    site.roles["targets"].targets.clear()
    site.add_root()
    site.add("two.img")
    site.roles["targets"].version = 2
    site.publish("two.img")


def delegations(base):
    site = simple(base, "delegations")
    site.delegate("targets", "vendor", [key("ecdsa", 20)], paths=["vendor/*", "vendor/*/*"])
    site.delegate("vendor", "line a/1", [key("rsa", 21), key("ed25519", 22)], threshold=2,
                  paths=["vendor/a?/*"], terminating=True)
    site.delegate("targets", "others", [key("ed25519", 23)], paths=["*", "*/*"])
    site.add("vendor/readme", "vendor")
    site.add("vendor/a1/os.img", "line a/1")
    site.add("else.img", "others")
    site.add("vendor/else", "others")
    site.publish()

    site = simple(base, "hash-bins")
    for digit in "0123456789abcdef":
        site.delegate("targets", "bin-" + digit, [key("ed25519", 30)], path_hash_prefixes=[digit])
    for number in range(20):
        path = f"firmware/{number}.img"
        site.add(path, "bin-" + sha256(path.encode()).hexdigest()[0])
    site.publish()

    site = simple(base, "succinct-roles")
    signer = key("ecdsa", 40)
    succinct = SuccinctRoles([signer.public_key.keyid], 1, 5, "bin")
    site.roles["targets"].delegations = Delegations({signer.public_key.keyid: signer.public_key},
                                                    succinct_roles=succinct)
    for name in succinct.get_roles():
        site.roles[name] = Targets()
        site.signers[name] = [signer]
    for number in range(20):
        path = f"firmware/{number}.img"
        site.add(path, succinct.get_role_for_target(path))
    site.publish(*(f"firmware/{number}.img" for number in range(20)))


# ---- what it must refuse, and by which reason


def expired(base):
    for role in TOP:
        site = simple(base, "expired-" + role)
        site.expires[role] = PAST
        site.roots.clear()
        site.add_root()
        site.publish(bad="metadata.expired")


def signatures(base):
    stranger = key("ed25519", 50)
    for role in TOP[1:]:
        site = simple(base, "stranger-signs-" + role)
        site.publish()
        site.signers[role] = [stranger]
        site.roles["targets"].version = 2
        site.publish(bad="key.unknown")
        site = simple(base, "damaged-" + role)
        site.lengths_and_hashes = False
        site.damage[role] = lambda data: data.replace(b'"version": ', b'"version" : 1', 1)
        site.publish(bad="signature.invalid")
    site = simple(base, "threshold-of-two-by-one")
    site.rotate("targets", key("ed25519", 51), key("ed25519", 52), threshold=2)
    site.roots.clear()
    site.add_root()
    site.signers["targets"] = [key("ed25519", 51)]
    site.publish(bad="signature.threshold")
    site = simple(base, "stranger-signs-delegated")
    site.delegate("targets", "vendor", [key("ed25519", 53)], paths=["vendor/*"])
    site.add("vendor/os.img", "vendor")
    site.signers["vendor"] = [stranger]
    site.publish("vendor/os.img", bad="key.unknown")


def roots(base):
    new, stranger = key("ed25519", 60), key("ed25519", 61)
    for shape, signers in (("root-not-by-the-old", [new]),
                           ("root-not-by-itself", [key("ed25519", 0)]),
                           ("root-by-a-stranger", [stranger])):
        site = simple(base, shape)
        site.rotate("root", new)
        site.add_root(signers)
        site.publish(bad="signature.")
    site = simple(base, "root-skips-a-version")
    site.change["root"] = lambda root: setattr(root, "version", 3)
    site.add_root()
    site.publish(bad="metadata.wrong-version")


def rollbacks(base):
    for role in ("timestamp", "snapshot"):
        site = simple(base, "rollback-of-" + role)
        site.publish()
        site.publish()
        site.versions[role] = 0
        site.publish(bad="metadata.rollback")
    site = simple(base, "rollback-of-targets")
    site.roles["targets"].version = 7
    site.publish()
    site.roles["targets"].version = 6
    site.publish(bad="metadata.rollback")
    site = simple(base, "a-role-vanishes")
    site.delegate("targets", "vendor", [key("ed25519", 70)], paths=["vendor/*"])
    site.publish("one.img")
    del site.roles["vendor"]
    site.publish("one.img", bad="metadata.rollback")


def contents(base):
    for shape, hurt in (("image-of-other-bytes", lambda data: data[:-1] + b"?"),
                        ("image-too-long", lambda data: data + b"more"),
                        ("image-too-short", lambda data: data[:-1])):
        site = Site(base, shape)
        site.add("one.img", served=hurt(b"one.img by targets\n" * 200))
        site.publish(bad="image.|metadata.corrupt|metadata.too-large")
    for role in ("snapshot", "targets"):
        site = simple(base, "other-bytes-of-" + role)
        site.damage[role] = lambda data: data + b" "
        site.publish(bad="metadata.corrupt|metadata.too-large")
    site = simple(base, "not-listed")
    site.publish("two.img", bad="metadata.not-listed")
    site = simple(base, "hidden-by-a-terminating-role")
    site.delegate("targets", "first", [key("ed25519", 80)], paths=["x/*"], terminating=True)
    site.delegate("targets", "second", [key("ed25519", 81)], paths=["x/*"])
    site.add("x/os.img", "second")
    site.publish("x/os.img", bad="metadata.not-listed")


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def main(base, port_file):
    for write in (forms_and_keys, details, rotations, delegations, expired, signatures, roots,
                  rollbacks, contents):
        write(base)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=base))
    with open(port_file + ".part", "w", encoding="ascii") as file:
        file.write(f"{server.server_port}\n")
    os.rename(port_file + ".part", port_file)
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
