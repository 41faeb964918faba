"""One delivery to a webhook: what is sent, how it is signed, and what becomes of every answer."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from pathlib import Path

import pytest

from letpass.events import backoff, http, messages, outbox, webhook
from letpass.events.answer import Answer
from letpass.ledger.entry import Logged
from letpass.project.targets import Target
from tests.docs.blocks import DOCS, blocks
from tests.events import receiver as receivers
from tests.events.conftest import SECRET, Project
from tests.events.receiver import Receiver

SIGNED = 'secret = "CI_EVENTS_SECRET"'


def test_an_event_is_a_cloud_event_of_its_entry(project: Project, receiver: Receiver) -> None:
    """Its id names the log and the entry; nothing else in it changes from one sending to the next."""
    project.declare(f'webhook = "{receiver.url}"\n{SIGNED}')
    outbox.before(project.desk())
    desk = project.log("fraud@4")

    assert outbox.after(desk) == []
    headers, body = receiver.accepted[0]
    origin = desk.ledger.writer().checkpoint().origin
    at = desk.ledger.writer().entry(0).text.partition('"at":"')[2][:20]
    assert headers["Content-Type"] == "application/cloudevents+json"
    assert json.loads(body) == {
        "specversion": "1.0",
        "id": f"{origin}-0",
        "source": "urn:letpass:registry:models",
        "type": "letpass.promotion.v1",
        "subject": "fraud@4",
        "time": at,
        "datacontenttype": "application/json",
        "data": {
            "model": "fraud",
            "version": "4",
            "artifact": "sha256:" + "0" * 64,
            "move": "promotion",
            "stage": "production",
            "entry": 0,
        },
    }


def test_a_receiver_verifies_as_the_page_shows(project: Project, receiver: Receiver) -> None:
    """The ten lines of docs/events.md accept what was sent, and nothing that was changed or is old."""
    (shown,) = [b.text for b in blocks(DOCS / "events.md", "python")]
    space: dict[str, object] = {}
    exec(shown, space)
    verify = space["verify"]
    project.declare(f'webhook = "{receiver.url}"\n{SIGNED}')
    outbox.before(project.desk())
    outbox.after(project.log("fraud@4"))
    headers, body = receiver.accepted[0]
    headers = {name.lower(): value for name, value in headers.items()}
    old = {**headers, "webhook-timestamp": "1000000000"}

    assert callable(verify)
    assert verify(SECRET, headers, body) is True
    assert verify(SECRET, headers, body.replace(b"fraud", b"Fraud")) is False
    assert verify(SECRET, {**headers, "webhook-id": "other"}, body) is False
    assert verify(SECRET, old, body) is False
    assert verify("another secret of as many bytes as that", headers, body) is False


def test_the_signature_is_that_of_standard_webhooks() -> None:
    """The example of its specification's libraries; every secret of the variable signs."""
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    body = b'{"test": 2432232314}'

    assert (
        webhook.signature([key], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
        == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )
    both = webhook.signature([key, b"k" * 24], "id", 1, b"x").split()
    assert both[1] == "v1," + base64.b64encode(hmac.digest(b"k" * 24, b"id.1.x", hashlib.sha256)).decode()


SECRETS = {
    "": "the secret `CI_EVENTS_SECRET` is not set in the environment",
    "short": "the secret `CI_EVENTS_SECRET` is shorter than 24 bytes",
    "whsec_!": "the secret `CI_EVENTS_SECRET` begins with `whsec_`, and is no base64",
}


@pytest.mark.parametrize("secret", SECRETS)
def test_without_its_secret_nothing_is_sent_and_nothing_lost(
    project: Project, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, secret: str
) -> None:
    """It is told, without the secret; nothing is held against the target, which gets the event when the secret is there."""
    project.declare(f'name = "ci"\nwebhook = "{receiver.url}"\n{SIGNED}')
    outbox.before(project.desk())
    monkeypatch.setenv("CI_EVENTS_SECRET", secret)

    assert outbox.after(project.log("fraud@4")) == [
        f"note: 1 event waits for ci: {SECRETS[secret]}; `policy events list`"
    ]
    assert receiver.asked == []
    monkeypatch.setenv("CI_EVENTS_SECRET", "whsec_" + base64.b64encode(b"k" * 32).decode())
    assert outbox.deliver(project.desk()) == []
    assert receiver.subjects == ["fraud@4"]


FAULTS = {
    "refuses": (receivers.fails(9, 503), "it answered 503"),
    "redirects": (receivers.fails(9, 307, Location="/elsewhere"), "it answered 307"),
    "moved": (receivers.fails(9, 302, Location="/elsewhere"), "it answered 302"),
    "closes": (receivers.closes, "the connection was closed without an answer"),
    "babbles": (receivers.babbles, "its answer is no HTTP"),
    "hangs": (receivers.hangs, "no answer within 0.4 s"),
    "trickles": (receivers.trickles, "no answer within 0.4 s"),
    "has gone": (receivers.fails(9, 410), "it answered 410: the target wants no events any more"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_what_fails_is_told_in_words_and_kept(project: Project, receiver: Receiver, case: str) -> None:
    """Whatever the receiver does: no longer than the timeout, no redirect, the event waits, its secret is nowhere."""
    receiver.behaviour, expected = FAULTS[case]
    project.declare(f'name = "ci"\nwebhook = "{receiver.url}"\n{SIGNED}\ntimeout = "400 ms"')
    outbox.before(project.desk())
    desk = project.log("fraud@4")
    begun = time.monotonic()
    lines = outbox.after(desk)
    took = time.monotonic() - begun

    assert lines == [f"note: 1 event waits for ci: {expected}; `policy events list`"]
    assert took < 0.4 + 1.5  # of which a busy machine may use much
    assert receiver.followed == []
    assert SECRET not in str(list(project.table().store.run("SELECT * FROM delivery", ()))) + str(lines)

    receiver.behaviour = None
    assert [len(w.events) for w in outbox.deliver(project.desk())] == [1]  # it is not due
    assert outbox.deliver(project.desk(), everything=True) == []
    assert receiver.subjects == ["fraud@4"]


def test_what_nobody_can_reach_is_told(project: Project) -> None:
    """A port without a listener, a name that nobody has."""
    assert http.post("http://127.0.0.1:9/", b"", {}, 5) == "connection refused"
    assert http.post("https://nowhere.invalid/", b"", {}, 5) in {
        "its name cannot be found: name or service not known",
        "its name cannot be found: temporary failure in name resolution",
        "no answer within 5 s",
    }


def test_the_certificate_of_https_is_looked_at(tmp_path: Path) -> None:
    """A server whose certificate nobody vouches for gets no event."""
    import shutil
    import ssl
    import subprocess

    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl")
    command = "openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=localhost"
    subprocess.run(
        [*command.split(), "-addext", "subjectAltName=IP:127.0.0.1"], cwd=tmp_path, check=True, capture_output=True
    )
    server = Receiver()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    found = http.post(server.url.replace("http:", "https:"), b"{}", {}, 5)
    server.close()

    assert found == "its certificate is not believed: self-signed certificate"
    assert server.asked == []


def test_no_name_gets_into_a_header(project: Project, receiver: Receiver) -> None:
    """A model whose name tries to add headers, end the body or be another's: the event arrives, its data as it is."""
    hostile = "fraud\r\nX-Evil: 1\r\n\r\n{}\u202e\x00"
    project.declare(f'webhook = "{receiver.url}"\n{SIGNED}')
    outbox.before(project.desk())

    assert outbox.after(project.log(f"{hostile}@4\n")) == []
    headers, body = receiver.accepted[0]
    event = json.loads(body)
    assert "X-Evil" not in headers
    assert (event["data"]["model"], event["data"]["version"]) == (hostile, "4\n")
    assert event["subject"] == r"fraud\u000d\u000aX-Evil: 1\u000d\u000a\u000d\u000a{}\u202e\u0000@4\u000a"


@pytest.mark.parametrize("attempts", [1, 2, 5, 9, 10, 1000, 100_000])
def test_the_time_between_attempts_grows_from_ten_seconds_to_an_hour(attempts: int) -> None:
    """With jitter, and for ever."""
    found = {backoff.wait(attempts, Answer(False)) for _ in range(50)}

    assert min(found) >= 10
    assert max(found) <= min(10 * 2 ** min(attempts, 20), 3600)
    assert len(found) > 1


def test_a_target_says_when_it_wants_to_be_asked_again(project: Project, receiver: Receiver) -> None:
    """`Retry-After` in seconds or as a date, up to an hour; one that has gone is asked again after an hour."""
    from email.utils import formatdate

    assert http._wait("120") == 120
    assert 1700 < http._wait(formatdate(time.time() + 1800)) <= 1800
    assert [http._wait(text) for text in ("", "soon", "-5", "٣", formatdate(0))] == [0.0] * 5
    assert 300 <= backoff.wait(1, Answer(False, wait=300)) <= 3600
    assert backoff.wait(1, Answer(False, wait=1e9)) == 3600
    assert backoff.wait(1, Answer(False, gone=True)) == 3600

    receiver.behaviour = receivers.fails(1, 429, Retry_After="1800")
    project.declare(f'webhook = "{receiver.url}"\n{SIGNED}')
    outbox.before(project.desk())
    outbox.after(project.log("fraud@4"))
    (waiting,) = outbox.deliver(project.desk())
    assert 1700e6 < waiting.row.due - time.time() * 1e6 <= 1800e6


def test_a_source_names_no_user() -> None:
    """Of a registry's address what is about its user is left out."""
    assert messages.source_of("mlflow+http://anna:pw@host:5000") == "urn:letpass:registry:mlflow%2Bhttp://host:5000"
    assert messages.source_of("my models") == "urn:letpass:registry:my%20models"


def test_what_is_no_event_is_none(project: Project) -> None:
    """A move that has begun or failed, evidence, trust files, and a statement that cannot be read."""
    from letpass.ledger.entry import Entry

    found = [
        Entry("move", "", {"state": "begun", "kind": "promotion"}, "fraud", "4"),
        Entry("move", "", {"state": "failed", "kind": "promotion"}, "fraud", "4"),
        Entry("move", "", {"state": "done", "kind": "other"}, "fraud", "4"),
        Entry("trust", data={"version": 1}),
        Entry("evidence", "{}", {}, "fraud", "4"),
        Entry("sign-off", "{}", {}, "fraud", "4"),
    ]
    assert [messages.of(Logged(0, 0, entry, ""), "log") for entry in found] == [None] * len(found)


def test_a_target_is_shown_without_its_path() -> None:
    """A path may hold a token."""
    assert Target(webhook="https://hooks.example/T0/B0/token?key=1").shown == "https://hooks.example"
