"""Evidence: what `policy attest` signs, and what it does not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Call, write


def test_evidence_of_a_service_counts_where_a_claim_does_not(call: Call, office: Path) -> None:
    """A JUnit report, signed with the service's key."""
    arguments = ("check", "models/fraud/4.yaml", "--on", "deployment", "-v")
    assert 'suite "Fairness Check": no run is recorded' in call(*arguments)[1]

    code, out, _ = call("attest", "models/fraud/4.yaml", "results.xml", "--suite", "Fairness Check", "--key", "ci.pem")
    assert code == 0

    _, out, _ = call(*arguments)
    assert "PASS  deployment/checked" in out
    assert "counts    evidence by ci" in out


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.xml", "<testsuites/>", "no test suite in it"),
        ("a.xml", "<oops", "no XML"),
        ("a.xml", '<!DOCTYPE x [<!ENTITY a "b">]><testsuite/>', "a document type has no place"),
        ("a.xml", '<testsuite name="s" failures="many"><testcase/></testsuite>', "`failures` of a suite is no number"),
        ("a.yaml", "metrics: {accuracy: {value: 1, units: x}}", "unknown field"),
        ("a.yaml", "artifact: {digest: x}", "evidence does not say `artifact`"),
        ("a.yaml", "- 1", "a mapping with `metrics`"),
        ("a.yaml", "", "the file is empty"),
        ("a.json", '{"metrics": {}, "metrics": {}}', "twice"),
        (
            "a.json",
            '{"metrics": {"a": {"value": 1, "samples": 99999999999999999999}}}',
            "has no exact form as a JSON number",
        ),
        (
            "a.json",
            '{"metrics": {"a": {"value": 1, "slices": [{"group": 1e400, "value": 1}]}}}',
            "inf has no form in JSON",
        ),
        ("none.json", None, "cannot read it: no such file"),
    ],
)
def test_what_is_no_evidence_is_not_signed(call: Call, office: Path, name: str, content: str | None, said: str) -> None:
    """The reason stands in the error, and nothing is written."""
    if content is not None:
        write(office / name, content)
    before = sorted((office / "models/fraud/4").iterdir())
    code, _, err = call("attest", "models/fraud/4.yaml", name, "--key", "ci.pem")

    assert (code, said in err) == (2, True), err
    assert sorted((office / "models/fraud/4").iterdir()) == before


def test_who_signed_evidence_is_shown_beside_the_version(call: Call, office: Path) -> None:
    """The service stood nowhere: its name is in the trust file, and not in what it signed."""
    write(office / "measured.yaml", "metrics: {accuracy: {value: 0.93, measured_at: 2026-11-20}}\n")
    assert call("attest", "models/fraud/4.yaml", "measured.yaml", "--key", "ci.pem")[0] == 0
    (line,) = [text for text in call("show", "fraud@4")[1].splitlines() if text.startswith("  evidence")]
    assert line.split()[1:3] == ["ci", "at"]


def test_a_strangers_key_attests_nothing(call: Call, office: Path) -> None:
    """It is said before the file is written."""
    code, _, err = call("attest", "models/fraud/4.yaml", "results.xml", "--suite", "S", "--key", "vera")
    assert (code, "the evidence would not count: no key of a service" in err) == (2, True)


def test_halves_of_keys_are_told_apart(call: Call, office: Path) -> None:
    """Each refusal names the other half, and how to come by it."""
    arguments = ("attest", "models/fraud/4.yaml", "results.xml", "--suite", "S")
    code, _, err = call(*arguments, "--key", "ci.pub")
    assert (code, "a public key, where its private half is wanted" in err) == (2, True)
    code, _, err = call(*arguments)
    assert (code, "set LETPASS_SERVICE_KEY" in err) == (2, True)
    code, _, err = call("trust", "add", "service", "other", "--key", "ci.pem")
    assert (code, "`openssl pkey -in ci.pem -pubout` prints the public half" in err) == (2, True)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("metrics: {}", "there is nothing in it to attest"),
        ("metrics: {accuracy: high}", 'metric `accuracy` `value` is "high"'),
        ('metrics: {accuracy: {value: "0.95"}}', "metric `accuracy` `value` is"),
        ("suites: [{name: S, passed: true, ran_at: 2999-01-01T00:00:00Z}]", "which lies in the future"),
        ("suites: [{name: S, passed: maybe, ran_at: 2026-01-01T00:00:00Z}]", '`passed` is "maybe"'),
        ("facts: {domain: [a]}", "`facts.domain`"),
    ],
)
def test_evidence_that_no_rule_could_use_is_not_signed(call: Call, office: Path, content: str, said: str) -> None:
    """It would have pushed good evidence of the same service aside."""
    write(office / "found.yaml", content)
    code, _, err = call("attest", "models/fraud/4.yaml", "found.yaml", "--key", "ci.pem")
    assert (code, "error[GATE413]: no evidence: " in err, said in err) == (2, True, True), err


def test_what_is_attested_is_told_with_its_value(call: Call, office: Path) -> None:
    """And where nobody's signature counts yet, that too."""
    write(
        office / "found.yaml",
        "metrics: {accuracy: {value: 0.95, data_set: holdout, measured_at: 2026-11-20}}\nfacts: {domain: ads}\n",
    )
    arguments = ("attest", "models/fraud/4.yaml", "found.yaml", "--key", "ci.pem")
    assert call(*arguments)[1].startswith(
        'attested: metric `accuracy` 0.95 on `holdout`\nattested: `facts.domain` "ads"\n'
    )

    (office / "trust.json").unlink()
    write(office / "policy.toml", "")
    assert "note: there is no trust file" in call(*arguments)[1]


def test_a_report_without_a_time_is_not_attested(call: Call, office: Path) -> None:
    """It would never be new or old; `--ran-at` says when it ran."""
    text = (office / "results.xml").read_text().replace("+00:00", "")
    write(office / "results.xml", text)
    arguments = ("attest", "models/fraud/4.yaml", "results.xml", "--suite", "Fairness Check", "--key", "ci.pem")
    code, _, err = call(*arguments)
    assert (code, "`Fairness Check` does not say when it ran" in err, "--ran-at" in err) == (2, True, True)

    code, out, _ = call(*arguments, "--ran-at", "2026-11-20T10:00:00Z")
    assert (code, out.splitlines()[0]) == (0, "attested: suite `Fairness Check` passed, 2 cases, 2026-11-20T10:00:00Z")


def test_an_artifact_that_cannot_be_hashed_is_an_error(call: Call, office: Path) -> None:
    """A link that the record's uri names is refused, wherever it leads."""
    (office / "fraud-4.onnx").rename(office / "elsewhere")
    (office / "fraud-4.onnx").symlink_to(office / "elsewhere")

    code, _, err = call("check", "models/fraud/4.yaml", "--to", "production")
    assert (code, "error[GATE416]: the artifact cannot be hashed: `fraud-4.onnx` is a link" in err) == (2, True)


@pytest.mark.parametrize("uri", ["http://[bad", "file:///nowhere/at/all", "s3://b/k", "a\x00b", "//host/x", ""])
def test_a_uri_that_is_no_file_here_is_not_hashed(call: Call, office: Path, uri: str) -> None:
    """Whatever it looks like."""
    record = (office / "models/fraud/4.yaml").read_text().replace("uri: fraud-4.onnx", f"uri: {json.dumps(uri)}")
    write(office / "models/fraud/4.yaml", record)

    assert call("check", "models/fraud/4.yaml", "--to", "production")[0] == 3


@pytest.mark.parametrize(
    ("key", "told"), [("none.pem", "none.pem"), ("vera", "no key of a service in the trust file fits")]
)
def test_a_dry_run_is_refused_for_what_would_refuse_the_signing(call: Call, office: Path, key: str, told: str) -> None:
    """A key that is not there, and one that is nobody's; and nothing is written."""
    before = sorted((office / "models/fraud/4").iterdir())
    add = ("evidence", "add", "models/fraud/4.yaml", "results.xml", "--suite", "Fairness Check", "--dry-run", "--key")

    code, out, err = call(*add, key)
    assert (code, told in err, out) == (2, True, ""), err
    code, out, _ = call(*add, "ci.pem")
    assert (code, "would be attested" in out) == (0, True)
    assert sorted((office / "models/fraud/4").iterdir()) == before
