"""modelscan, picklescan and clamscan: what they found, and when they did not look."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.evidence.reading import AT, read, record, sample

MODELSCAN = json.loads(sample("modelscan-bad.json"))


def test_modelscan_tells_its_issues_and_a_time_without_a_zone() -> None:
    """The time stays as it is written, which a record cannot read."""
    expected = {
        "scans": [
            {
                "tool": "modelscan",
                "ran_at": MODELSCAN["summary"]["timestamp"],
                "version": "0.8.8",
                "completed": True,
                "scanned": 2,
                "findings": [
                    {
                        "id": "modelscan.scanners.PickleUnsafeOpScan",
                        "severity": "critical",
                        "title": "Use of unsafe operator 'system' from module 'posix'",
                        "component": "bad.pkl",
                    }
                ],
            }
        ]
    }

    assert read("modelscan", sample("modelscan-bad.json")) == expected
    (scan,) = record("modelscan", sample("modelscan-bad.json")).lists["scans"]
    assert "ran_at" in scan["@bad"]
    expected["scans"][0]["ran_at"] = AT
    assert read("modelscan", sample("modelscan-bad.json"), ran_at=AT) == expected


def _told(format_: str, name: str) -> tuple[Any, Any, int]:
    """Of the one scan in a sample: did it end, at how much it looked, how much it found."""
    (scan,) = read(format_, sample(name), ran_at=AT)["scans"]
    return scan["completed"], scan["scanned"], len(scan["findings"])


@pytest.mark.parametrize(
    ("format_", "name", "expected"),
    [
        ("modelscan", "modelscan-clean.json", (True, 1, 0)),
        ("modelscan", "modelscan-cut.json", (False, 0, 0)),
        ("modelscan", "modelscan-none.json", (True, 0, 0)),
        ("picklescan", "picklescan-clean.txt", (True, 1, 0)),
        ("picklescan", "picklescan-cut.txt", (False, 1, 0)),
        ("picklescan", "picklescan-none.txt", (True, 0, 0)),
        ("clamav", "clamscan-clean.txt", (True, 1, 0)),
        ("clamav", "clamscan-empty.txt", (True, 0, 0)),
        ("clamav", "clamscan-missing.txt", (False, 0, 0)),
    ],
)
def test_no_findings_are_not_clean_where_nothing_was_read(format_: str, name: str, expected: tuple[Any, ...]) -> None:
    """A file that could not be parsed leaves a scan incomplete; a folder without models leaves it without a subject."""
    assert _told(format_, name) == expected


@pytest.mark.parametrize(
    ("format_", "name"),
    [("modelscan", "modelscan-none.json"), ("picklescan", "picklescan-none.txt"), ("clamav", "clamscan-empty.txt")],
)
def test_a_scan_of_nothing_cannot_be_used(format_: str, name: str) -> None:
    """The record says why."""
    (scan,) = record(format_, sample(name), ran_at=AT).lists["scans"]
    assert scan["@unreadable"] == "it looked at nothing"


def test_picklescan_tells_what_it_found() -> None:
    """It names no version and no time."""
    finding = {"id": "posix system", "severity": "critical", "title": "dangerous import posix system"}
    expected = {
        "tool": "picklescan",
        "completed": True,
        "scanned": 2,
        "findings": [{**finding, "component": "scan/bad/bad.pkl"}],
    }

    assert read("picklescan", sample("picklescan-bad.txt")) == {"scans": [expected]}
    assert read("picklescan", sample("picklescan-bad.txt"), ran_at=AT) == {"scans": [{**expected, "ran_at": AT}]}


def test_picklescan_promotes_and_counts() -> None:
    """What --strict promotes is dangerous; suspicious imports are counted in one low finding."""
    text = (
        "m.pkl: dangerous import 'a b' FOUND (promoted by --strict)\n----------- SCAN SUMMARY -----------\n"
        "Scanned files: 1\nInfected files: 1\nSuspicious globals: 3\nDangerous globals: 1\n"
        "All globals found:\n  * a.b - dangerous\n"
    )

    assert read("picklescan", text)["scans"][0]["findings"] == [
        {"id": "a b", "severity": "critical", "title": "dangerous import a b", "component": "m.pkl"},
        {"severity": "low", "title": "3 suspicious globals, which it does not name"},
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("WARNING: Invalid PyTorch magic number for file a.bin. Trying to scan as non-PyTorch file.", True),
        ("ERROR: parsing pickle in a.pkl: cut", False),
        ("Invalid file data.pkl in zip archive a.pt: encrypted", False),
    ],
)
def test_picklescan_is_complete_where_it_read_every_file(line: str, expected: bool) -> None:
    """A second try is none that failed."""
    assert read("picklescan", f"{line}\n{sample('picklescan-clean.txt').decode()}")["scans"][0]["completed"] is expected


def test_clamscan_tells_what_it_found_and_a_date_without_a_zone() -> None:
    """Whatever it finds is critical, since it knows no severities."""
    scan = read("clamav", sample("clamscan-bad.txt"))["scans"][0]
    ran_at = scan.pop("ran_at")
    name = "Letpass.Sample.Pickle.UNOFFICIAL"

    assert scan == {
        "tool": "clamav",
        "version": "1.4.6",
        "completed": True,
        "scanned": 2,
        "findings": [{"id": name, "severity": "critical", "title": name, "component": "bad/bad.pkl"}],
    }
    end = sample("clamscan-bad.txt").decode().rpartition("End Date:")[2].strip()
    assert (ran_at.replace("-", ":"), "-" in ran_at) == (end.replace(" ", "T"), True)
    assert read("clamav", sample("clamscan-bad.txt"), ran_at=AT)["scans"][0]["ran_at"] == AT


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("bad/good.pkl: OK", "bad/good.pkl: Access denied"),
        ("bad/good.pkl: OK", "LibClamAV Error: out of memory"),
        ("Infected files: 1", "Infected files: 1\nTotal errors: 2"),
    ],
)
def test_a_file_that_clamscan_cannot_read_leaves_the_scan_incomplete(old: str, new: str) -> None:
    """However it tells of it."""
    text = sample("clamscan-bad.txt").decode()
    assert (read("clamav", text)["scans"][0]["completed"], old in text) == (True, True)
    assert read("clamav", text.replace(old, new))["scans"][0]["completed"] is False


def test_several_matches_in_one_file_are_several_findings() -> None:
    """As --allmatch shows them."""
    text = sample("clamscan-bad.txt").decode().replace("bad/good.pkl: OK", "bad/bad.pkl: Other.Name FOUND")
    assert [f["id"] for f in read("clamav", text)["scans"][0]["findings"]] == [
        "Other.Name",
        "Letpass.Sample.Pickle.UNOFFICIAL",
    ]


SUMMARY = "----------- SCAN SUMMARY -----------\nScanned files: 1\nInfected files: 0\n"


@pytest.mark.parametrize(
    ("format_", "text", "said"),
    [
        ("picklescan", "", "no `SCAN SUMMARY` in it"),
        ("picklescan", "m.pkl: dangerous import 'posix system' FOUND\n", "no `SCAN SUMMARY` in it"),
        ("picklescan", SUMMARY, "its summary has no `Dangerous globals`"),
        ("picklescan", SUMMARY + "Dangerous globals: 1\n", "it counts 1 dangerous globals and shows 0"),
        ("picklescan", SUMMARY + "Dangerous globals: none\n", "`Dangerous globals` is no count: `none`"),
        ("picklescan", SUMMARY + "Dangerous globals: ²\n", "`Dangerous globals` is no count"),
        ("picklescan", SUMMARY + "Dangerous globals: 9" + "9" * 5000, "`Dangerous globals` is no count"),
        ("picklescan", SUMMARY + SUMMARY, "its summary stands twice"),
        ("picklescan", SUMMARY + "Scanned files: 2\n", "its summary says `Scanned files` twice"),
        ("picklescan", "\xff", "no `SCAN SUMMARY` in it"),
        ("clamav", "", "no `SCAN SUMMARY` in it"),
        ("clamav", "----------- SCAN SUMMARY -----------\nInfected files: 0\n", "its summary has no `Scanned files`"),
        ("clamav", SUMMARY.replace("0", "1"), "it counts 1 infected files and shows 0"),
        ("clamav", "a: X FOUND\n" + SUMMARY, "it counts 0 infected files and shows 1"),
        ("clamav", SUMMARY + "Known viruses: 0\n", "it knew no viruses"),
        ("modelscan", "", "the file is empty"),
        ("modelscan", "[]", "the file is no mapping"),
        ("modelscan", "{}", "no report of modelscan"),
        ("modelscan", '{"summary": {}, "summary": {}}', "the key `summary` stands twice in one mapping, line 1"),
        ("modelscan", sample("modelscan-bad.json")[:-9].decode(), "not JSON"),
        ("modelscan", '{"a": ' * 5000 + "1" + "}" * 5000, "nested too deeply"),
    ],
)
def test_what_is_no_report_of_a_scanner_is_refused(format_: str, text: str, said: str) -> None:
    """In words; the file's own are in backticks."""
    with pytest.raises(ValueError, match=said):
        read(format_, text)


def test_bytes_that_are_no_text_are_refused() -> None:
    """With their place."""
    for format_ in ("picklescan", "clamav", "modelscan", "sarif", "model-card"):
        with pytest.raises(ValueError, match="not UTF-8: byte 1"):
            read(format_, b"a\xff")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"issues": []}, "it counts 1 issues and shows 0"),
        ({"issues": [{**MODELSCAN["issues"][0], "severity": "SEVERE"}]}, "the severity `SEVERE` is none of info, low"),
        ({"issues": [{"description": "x"}]}, "an issue without a `severity`"),
        ({"issues": ["x"]}, "`issues` is no list of mappings"),
        ({"errors": "none"}, "`errors` is no list of mappings"),
        ({"summary": {**MODELSCAN["summary"], "scanned": {}}}, "`total_scanned` is no count: null"),
        ({"summary": {**MODELSCAN["summary"], "scanned": {"total_scanned": 10**30}}}, "`total_scanned` is no count"),
        ({"summary": {**MODELSCAN["summary"], "scanned": {"total_scanned": True}}}, "`total_scanned` is no count"),
        ({"summary": {**MODELSCAN["summary"], "timestamp": 3}}, "`timestamp` is no text: 3"),
    ],
)
def test_a_report_that_does_not_agree_with_itself_is_refused(change: dict[str, Any], said: str) -> None:
    """The report that it was made from is read."""
    assert read("modelscan", MODELSCAN)
    with pytest.raises(ValueError, match=said):
        read("modelscan", MODELSCAN | change)


def test_errors_beside_findings_leave_a_report_incomplete() -> None:
    """One file was not read, whatever was found in the others."""
    report = MODELSCAN | {"errors": [{"category": "PICKLE_GENOPS", "description": "cut"}]}
    assert read("modelscan", report)["scans"][0]["completed"] is False


def test_another_tool_than_the_files_is_refused() -> None:
    """The caller can say the name, not change it."""
    assert read("clamav", sample("clamscan-clean.txt"), tool="clamav")
    with pytest.raises(ValueError, match="it is by `clamav`, not by `defender`"):
        read("clamav", sample("clamscan-clean.txt"), tool="defender")
