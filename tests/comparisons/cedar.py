"""Cedar's engine in an environment of its own: policies and documents on standard input, answers on standard output."""

import json
import sys
from typing import Any

import cedarpy  # type: ignore[import-not-found]

asked = json.load(sys.stdin)


def scaled(value: Any) -> Any:
    """A number in ten-thousandths, since Cedar has no fractions that one can subtract; all else as it came."""
    if isinstance(value, dict):
        return {k: scaled(v) for k, v in value.items() if k not in {"samples", "successes"}}
    return round(value * 10_000) if isinstance(value, int | float) and value == value else value


def answer(policies: str, rule: str, document: str) -> str:
    request = {
        "principal": 'User::"gate"',
        "action": f'Action::"{rule}"',
        "resource": 'Model::"m"',
        "context": scaled(json.loads(document)),
    }
    try:
        done = cedarpy.is_authorized(request, policies, [])
    except ValueError:
        return "error"
    return "allow" if done.allowed else "error" if done.diagnostics.errors else "deny"


answers = {n: [answer(p, *each) for each in asked["documents"]] for n, p in asked["policies"].items()}
sys.stdout.write(json.dumps({"answers": answers}))
