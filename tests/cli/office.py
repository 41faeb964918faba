"""A project whose people sign: one with every role for the examples of the help, two validators besides, Bob, who
asks for moves, and Anna, who made the models.

Keys are made by stock `ssh-keygen`, each project's own.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import subprocess
from pathlib import Path

from letpass.cli.main import run

POLICIES = {
    "gate.policy": """policy gate: "Gate"
  on promotion to production
require good: accuracy >= 0.9
  waivable by role "risk" for 14 days
require signed: signed by 2 in role "validator" other than author
""",
    "deployment.policy": """policy deployment: "Deployment"
  on deployment
require fits: artifact.size <= 1 kB
  waivable by role "risk" for 90 days
require checked: passed "Fairness Check" attested by "ci"
""",
}
RECORD = """model: fraud
version: '{version}'
author: anna@corp.example
metrics: {{accuracy: {accuracy}}}
artifact: {{uri: fraud-{version}.onnx, digest: "sha256:{digest}", size: 2000}}
"""
PEOPLE = """person,aliases,key,roles
carl@lab.example,Carl C.; C. Carl,,
dora@corp.example,,,
emil@corp.example,Emil,,validator
"""
JUNIT = """<testsuites><testsuite name="pytest" tests="2" failures="0" errors="0" timestamp="2026-11-20T10:00:00+00:00">
<testcase name="a" classname="t"/><testcase name="b" classname="t"/></testsuite></testsuites>
"""


def key(path: Path, kind: str = "ed25519") -> Path:
    """A new key of a person, without a passphrase."""
    path.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-C", path.name, "-f", str(path)], check=True)
    return path


def service_key(path: Path) -> Path:
    """A new key of a service, its public half beside it."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

    private = Ed25519PrivateKey.generate()
    path.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    path.with_suffix(".pub").write_bytes(public)
    return path


def policy(*arguments: str) -> str:
    """Run a command here; its output, which must be an answer and no error."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = run(list(arguments))
    assert code in {0, 1, 3}, (arguments, said.getvalue())
    return said.getvalue()


def build(folder: Path) -> Path:
    """Make the project: a trust file in force, two versions, one request that waits.  Changes nothing outside."""
    for name, text in POLICIES.items():
        write(folder / "policies" / name, text)
    for version, accuracy in ((3, 0.5), (4, 0.95)):
        artifact = write(folder / f"fraud-{version}.onnx", f"bytes {version}")
        digest = hashlib.sha256(artifact.read_bytes()).hexdigest()
        write(folder / f"models/fraud/{version}.yaml", RECORD.format(version=version, accuracy=accuracy, digest=digest))
    write(folder / "results.xml", JUNIT)
    write(folder / "people.csv", PEOPLE)
    key(folder / "home/.ssh/id_ed25519")
    for name in ("vera", "vito", "bob", "vera-2027"):
        key(folder / name)
    service_key(folder / "ci.pem")
    before = Path.cwd()
    os.chdir(folder)
    try:
        own = "home/.ssh/id_ed25519"
        policy("trust", "init", "--bare", "--root", f"rosa@corp.example={own}.pub", "--key", own)
        for name in ("vera", "vito", "bob"):
            policy("trust", "add", "person", f"{name}@corp.example", "--key", f"{name}.pub")
        policy("trust", "add", "person", "anna@corp.example")  # she trains, and signs nothing
        people = [f"--member={n}@corp.example" for n in ("rosa", "vera", "vito")]
        policy("trust", "add", "role", "validator", *people)
        policy("trust", "add", "role", "risk", people[0])
        policy("trust", "add", "role", "policy-owner", people[0])
        policy("trust", "add", "service", "ci", "--key", "ci.pub")
        policy("trust", "add", "ledger", policy("ledger", "key").strip())
        policy("trust", "sign", "--key", own)
        policy("request", "models/fraud/4.yaml", "--to", "production", "--key", "bob")
    finally:
        os.chdir(before)
    return folder


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def request_of(folder: Path, version: int = 4) -> str:
    """The one request beside a version."""
    (found,) = (folder / f"models/fraud/{version}").glob("*.json")
    return str(found.relative_to(folder))
