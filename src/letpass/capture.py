"""What a record needs to know of a training run, recorded at its end in one call each.

    from letpass import capture_environment, seed_everything

    seeds = seed_everything(7)                    # at the beginning
    record |= {"seeds": seeds, "environment": capture_environment()}   # at the end

Nothing is guessed: what cannot be told is left out, and a rule that asks for it is unknown then.
"""

from __future__ import annotations

import os
import platform
import random
import re
import sys
from importlib import import_module, metadata, util
from pathlib import Path
from typing import Any

_DIGEST = re.compile(r"@sha256:[0-9a-f]{64}\Z")
LARGEST_SEED = 2**32 - 1  # what NumPy takes


def capture_environment() -> dict[str, Any]:
    """The record's `environment`: image, python, packages, cuda, os.

    image: from LETPASS_IMAGE, and only where it carries a digest, since a tag can be moved · packages: every installed
    distribution with its exact version · cuda: of PyTorch where it is loaded, `none` where the machine has no driver of
    NVIDIA's · os: distribution, C library, OpenSSL and kernel.
    """
    found: dict[str, Any] = {"python": platform.python_version(), "packages": packages(), "os": system()}
    image = os.environ.get("LETPASS_IMAGE", "").strip()
    if _DIGEST.search(image):
        found["image"] = image
    if (cuda := _cuda()) is not None:
        found["cuda"] = cuda
    return found


def packages() -> dict[str, str | None]:
    """Every installed distribution and its version, by its normalised name; of two copies the one that is imported.

    None for one whose version is not told: a rule about it is unknown then.
    """
    found: dict[str, str | None] = {}
    for distribution in metadata.distributions():
        said = distribution.metadata
        name, version = (said[key] if key in said else None for key in ("Name", "Version"))  # noqa: SIM401 - it has no `get`
        if name:
            found.setdefault(re.sub(r"[-_.]+", "-", name).lower(), version or None)
    return dict(sorted(found.items()))


def system() -> str:
    """The operating system and those of its libraries that take part in everything."""
    try:
        name = platform.freedesktop_os_release().get("PRETTY_NAME", "")
    except OSError:
        name = ""
    libc = " ".join(part for part in platform.libc_ver() if part)
    try:
        ssl = import_module("ssl").OPENSSL_VERSION
    except ImportError:
        ssl = ""
    kernel = f"{platform.system()} {platform.release()} {platform.machine()}"
    return "; ".join(part for part in (name, libc, ssl, kernel) if part)


def _cuda() -> str | None:
    torch = sys.modules.get("torch")
    if torch is not None:
        version = getattr(getattr(torch, "version", None), "cuda", None)
        return str(version) if version else "none"
    # without a driver nothing on this machine can use CUDA; with one, which version was used is not known here
    return None if Path("/proc/driver/nvidia/version").exists() else "none"


def seed_everything(seed: int) -> dict[str, int]:
    """Seed Python's, NumPy's and PyTorch's generators, those that are installed; the record's `seeds`.

    Raises ValueError for a seed that not all of them take.  `hash` is the seed of Python's own hashes, which only
    PYTHONHASHSEED sets, before Python starts.
    """
    if type(seed) is not int:
        raise ValueError(f"a seed is a whole number, not {seed!r}")
    if not 0 <= seed <= LARGEST_SEED:
        raise ValueError(f"a seed is a whole number from 0 to {LARGEST_SEED}, not {seed}")
    random.seed(seed)
    seeds = {"random": seed}
    if util.find_spec("numpy") is not None:
        import_module("numpy").random.seed(seed)
        seeds["numpy"] = seed
    if util.find_spec("torch") is not None:
        torch = import_module("torch")
        torch.manual_seed(seed)  # the devices' generators too
        seeds["torch"] = seed
    if re.fullmatch(r"[0-9]{1,10}", os.environ.get("PYTHONHASHSEED", ""), re.ASCII):
        seeds["hash"] = int(os.environ["PYTHONHASHSEED"])
    return seeds
