"""People of the trust file: many at once from a list, without keys, from a domain; and who held which key when."""

from __future__ import annotations

import json
import re
import subprocess
import time
from pathlib import Path

import pytest

from letpass.trust import strict
from tests.cli import office as offices
from tests.cli.conftest import OWN, Call, asked_among, write

LIST = """\ufeffperson,aliases,key,roles
# who trains
carl@lab.example,Carl C.;"C. Carl",,
dora@lab.example,,keys/dora.pub,validator; chief

rosa@corp.example,Rosa,,
"""


def current(call: Call) -> dict[str, dict[str, object]]:
    """The trust file as it is in force."""
    found: dict[str, dict[str, object]] = json.loads(call("trust", "show", "--json")[1])
    return found


def trusts(call: Call, *arguments: str) -> str:
    """Make one change of the trust file, and let the root sign it; what it said."""
    code, out, err = call("trust", *arguments)
    assert code == 0, err
    assert call("trust", "sign", "--key", OWN)[0] == 0
    return out


# ---------------------------------------------------------------- from a list


def test_many_people_come_from_a_list(office: Path, call: Call) -> None:
    """With their aliases, keys and roles; who is there already gets what is new, and doing it again changes nothing."""
    offices.key(office / "hr/keys/dora")
    write(office / "hr/people.csv", LIST.replace('"C. Carl"', "C. Carl"))

    out = trusts(call, "add", "people", "hr/people.csv")
    assert "3 people of the list, 2 of them new" in out
    found = current(call)
    carl, dora, rosa = (found["people"][f"{n}.example"] for n in ("carl@lab", "dora@lab", "rosa@corp"))
    assert carl == {"keys": [], "aliases": ["Carl C.", "C. Carl"]}
    assert dora["keys"] == [{"ssh": (office / "hr/keys/dora.pub").read_text().rsplit(" ", 1)[0]}]
    assert (len(rosa["keys"]), rosa["aliases"]) == (1, ["Rosa"])
    assert found["roles"]["chief"] == {"members": ["dora@lab.example"]}
    assert "dora@lab.example" in found["roles"]["validator"]["members"]

    trusts(call, "add", "people", "hr/people.csv")
    assert (current(call)["people"], current(call)["roles"]) == (found["people"], found["roles"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it names nobody"),
        ("person\n", "it names nobody"),
        ("carl@lab.example\n", "its first line names the columns `person`, `aliases`, `key`, `roles`, and says `carl@lab.example`"),
        ("person,phone\n", "and says `phone`"),
        ("aliases,key\nx,y\n", "its first line names the columns"),
        ("person,person\n", "its first line names the columns"),
        ("person\nCarl@lab.example\n", "line 2: `Carl@lab.example` names no person"),
        ("person\nc\u0430rl@lab.example\n", "line 2: `c\\u0430rl@lab.example` names no person"),
        ("person\ncarl@lab.example\n\ncarl@lab.example\n", "line 4: `carl@lab.example` stands there twice"),
        ("person\ncarl@lab.example,Carl\n", "line 2 has 2 cells, and there are 1 columns"),
        ('person,aliases\ncarl@lab.example,"Carl\n', "line 2: unexpected end of data"),
        ("person,aliases\ncarl@lab.example,Rosa@corp.example\n", "means `rosa@corp.example` too"),
        ("person,key\ncarl@lab.example,none.pub\n", "cannot read the key"),
        ("person,key\ncarl@lab.example,vera.pub\n", "one key under two names"),
        ("person,key\ncarl@lab.example,vera\n", "a private key, where its public half is wanted"),
    ],
)  # fmt: skip
def test_a_list_with_a_fault_adds_nobody(office: Path, call: Call, text: str, said: str) -> None:
    """The first line that is wrong is named, and nothing waits to be signed."""
    write(office / "people.csv", text)
    code, _, err = call("trust", "add", "people", "people.csv")

    assert (code, said in err, (office / "trust.next.json").exists()) == (2, True, False), err


@pytest.mark.parametrize("name", ["none.csv", "models"])
def test_a_list_that_is_not_there_adds_nobody(office: Path, call: Call, name: str) -> None:
    """No file, or none at all."""
    assert office.is_dir()
    code, _, err = call("trust", "add", "people", name)

    assert (code, "cannot read the list" in err) == (2, True)


def test_a_list_that_is_no_text_adds_nobody(office: Path, call: Call) -> None:
    """A spreadsheet as it is saved is none."""
    write(office / "people.csv", b"PK\x03\x04\xff\xfe")

    assert "no list of people: not UTF-8" in call("trust", "add", "people", "people.csv")[2]


# ---------------------------------------------------------------- without keys, from a domain, what a service may


def test_a_person_without_a_key_is_known_and_signs_nothing(office: Path, call: Call) -> None:
    """They get a key later by the same command, and have none to rotate or revoke before."""
    trusts(call, "add", "person", "carl@lab.example", "--alias", "Carl")
    assert "carl@lab.example  also Carl\n  no key: signs nothing" in call("trust", "show")[1]
    offices.key(office / "carl")
    assert (
        "is nobody's in the trust file"
        in call("sign", offices.request_of(office), "--role", "validator", "--key", "carl")[2]
    )
    for arguments in (
        ("rotate", "carl@lab.example", "--key", "carl.pub"),
        ("revoke", "carl@lab.example", "--reason", "x"),
    ):
        code, _, err = call("trust", *arguments)
        assert (code, "`policy trust add person carl@lab.example --key KEY.pub`" in err) == (2, True)

    trusts(call, "add", "person", "carl@lab.example", "--key", "carl.pub")
    assert "no key" not in call("trust", "show")[1].partition("carl@lab.example")[2].partition("\n@")[0].splitlines()[1]


def test_a_domain_is_added_and_taken_out(office: Path, call: Call) -> None:
    """Its addresses name people, and stop to."""
    assert office.is_dir()
    trusts(call, "add", "domain", "lab.example")
    assert "domains whose addresses name people: lab.example" in call("trust", "show")[1]
    assert "is no domain" in call("trust", "add", "domain", "Lab.example")[2]

    trusts(call, "remove", "domain", "lab.example")
    assert "domains" not in call("trust", "show")[1]
    assert "`lab.example` is not among the domains" in call("trust", "remove", "domain", "lab.example")[2]


def test_what_a_service_may_is_shown_and_a_service_that_only_asks_attests_nothing(office: Path, call: Call) -> None:
    """The least that it needs; what it may attest is added when it is."""
    offices.service_key(office / "bot.pem")
    trusts(call, "add", "service", "bot", "--key", "bot.pub", "--may", "request")
    assert "service bot: may ask  of *" in call("trust", "show")[1]

    trusts(call, "add", "service", "bot", "--may", "author")
    assert "service bot: urn:letpass:evidence:v1, may ask, may say who made a version  of *" in call("trust", "show")[1]


# ---------------------------------------------------------------- the file's end


def days(call: Call) -> int:
    """In how many days the trust file ends."""
    ends = strict.instant(current(call)["expires"])
    return round((ends / 1_000_000 - time.time()) / 86_400)


def test_a_rotated_key_does_not_shorten_the_file(office: Path, call: Call) -> None:
    """It ended in three years, and after one person's new key in one."""
    assert office.is_dir()
    trusts(call, "rotate", "--expires", "1200")
    assert days(call) == 1200

    trusts(call, "rotate", "vera@corp.example", "--key", "vera-2027.pub")
    assert days(call) == 1200
    trusts(call, "rotate")
    assert days(call) == 1200
    for change in (("add", "person", "carl@lab.example"), ("remove", "person", "bob@corp.example"),
                   ("revoke", "vito@corp.example", "--reason", "left")):  # fmt: skip
        trusts(call, *change)
        assert days(call) == 1200

    trusts(call, "rotate", "--expires", "30")
    assert days(call) == 30
    trusts(call, "rotate")
    assert days(call) == 365


# ---------------------------------------------------------------- a change changes what it names


def entries(call: Call, name: str) -> list[dict[str, object]]:
    """The keys of a person, as the trust file in force has them."""
    found: list[dict[str, object]] = current(call)["people"][name]["keys"]  # type: ignore[index, assignment]
    return found


def test_a_rotated_key_ends_now_although_it_was_to_end_later(office: Path, call: Call) -> None:
    """Its owner thought it gone, and whoever had copied it went on signing."""
    vera = "vera@corp.example"
    offices.key(office / "short")
    trusts(call, "add", "person", vera, "--key", "short.pub", "--until", "2090-01-01")
    before = strict.instant(str(entries(call, vera)[1]["until"]))

    trusts(call, "rotate", vera, "--key", "vera-2027.pub")

    ends = [e.get("until") for e in entries(call, vera)]
    assert before > time.time() * 1_000_000
    assert (ends[0], ends[2]) == (ends[1], None)
    assert strict.instant(str(ends[0])) <= time.time() * 1_000_000
    code, _, err = call("sign", asked_among(office), "--role", "validator", "--key", "short")
    assert (code, "the key had expired now" in err) == (2, True)
    time.sleep(1.1)
    offices.key(office / "newer")
    trusts(call, "rotate", vera, "--key", "newer.pub")
    assert [e.get("until") for e in entries(call, vera)][:2] == ends[:2]  # what had ended keeps its end


def test_a_key_that_is_revoked_keeps_its_time_and_reason(office: Path, call: Call) -> None:
    """A second word had written itself over the first, the time too."""
    vito = "vito@corp.example"
    trusts(call, "revoke", vito, "--reason", "laptop stolen")
    (first,) = entries(call, vito)
    offices.key(office / "vito-2027")
    trusts(call, "add", "person", vito, "--key", "vito-2027.pub")
    time.sleep(1.1)

    trusts(call, "revoke", vito, "--reason", "left")

    again, second = entries(call, vito)
    assert again == first
    assert [e["revoked"]["reason"] for e in (again, second)] == ["laptop stolen", "left"]  # type: ignore[index]
    code, _, err = call("trust", "revoke", vito, "--reason", "once more")
    assert (code, "every key of `vito@corp.example` that is meant is revoked already" in err) == (2, True)


def test_another_key_lets_no_service_attest(office: Path, call: Call) -> None:
    """One that only asked for people could vouch for every metric after it got a new key."""
    offices.service_key(office / "asks.pem")
    offices.service_key(office / "next.pem")
    trusts(call, "add", "service", "asks", "--key", "asks.pub", "--may", "request")
    before = current(call)["services"]["asks"]

    trusts(call, "add", "service", "asks", "--key", "next.pub")

    after = current(call)["services"]["asks"]
    assert {**before, "keys": after["keys"]} == after
    assert (before["predicates"], len(after["keys"])) == ([], 2)


# ---------------------------------------------------------------- with ssh-keygen alone


def test_signatures_of_a_rotated_key_and_of_a_leaver_verify_with_ssh_keygen_alone(office: Path, call: Call) -> None:
    """By the recipe of docs/trust.md: at the time when they were made, and at no other."""
    request = asked_among(office)
    for name in ("vera", "vito"):
        assert call("sign", request, "--role", "validator", "--key", name, "--into", name + ".d")[0] == 0
    time.sleep(1.1)
    trusts(call, "rotate", "vera@corp.example", "--key", "vera-2027.pub")
    time.sleep(1.1)
    trusts(call, "remove", "person", "vito@corp.example")
    time.sleep(1.1)
    assert call("sign", request, "--role", "validator", "--key", "vera-2027", "--into", "new.d")[0] == 0
    page = (Path(__file__).parents[2] / "docs/trust.md").read_text("utf-8")
    recipe = re.findall(
        r"^```sh\n(.*?)^```$", page.partition("## Check one with ssh-keygen alone")[2], re.MULTILINE | re.DOTALL
    )[0]

    def verified(folder: str, person: str, at: str = "") -> bool:
        (made,) = (office / folder).glob("*.json")
        write(office / "signoff.json", made.read_bytes())
        script = recipe.replace("vera@corp.example", person)
        script = re.sub(r"^at=.*$", f"at={at}", script, flags=re.MULTILINE) if at else script
        done = subprocess.run(["sh", "-e", "-c", script], cwd=office, capture_output=True, text=True, check=False)
        assert done.returncode != 0 or f"signature for {person}" in done.stdout
        return done.returncode == 0

    def signers(*more: str) -> None:
        write(office / "allowed_signers", call("trust", "show", "--allowed-signers", *more)[1])

    signers("--all")
    every = [("vera.d", "vera@corp.example"), ("vito.d", "vito@corp.example"), ("new.d", "vera@corp.example")]
    assert [verified(*one) for one in every] == [True, True, True]
    assert [verified(*one, at="20990101000000Z") for one in every] == [False, False, True]
    assert [verified(*one, at="20200101000000Z") for one in every] == [False, False, False]
    assert verified("vito.d", "vera@corp.example") is False

    signers()
    assert [verified(*one) for one in every] == [True, False, True]  # of today's people only
    assert "--all belongs to --allowed-signers" in call("trust", "show", "--all")[2]
