"""How far each target of events has got: a table beside the log, which is no part of it.

A row for each target and model says which entry was delivered last.  The row of no model, `WHOLE`, says up to which
entry nothing waits for the target at all.
"""

from __future__ import annotations

from letpass.frozen import Frozen
from letpass.ledger.schema import DELIVERY
from letpass.ledger.store import Store

WHOLE = ""
EVER = 2**62


class Row(Frozen):
    """How far the delivery of one model's events has got.

    done: the entry that was delivered last · attempts: how often sending the next one has failed; it is not sent again before `due`
    · until: until when a process holds it to send it.  Times are in microseconds.
    """

    done: int
    attempts: int = 0
    due: int = 0
    error: str = ""
    until: int = 0


class Table:
    """The rows in a ledger's database.  Every change is one statement, so that of two who try at once one succeeds."""

    def __init__(self, store: Store) -> None:
        self.store = store

    @property
    def there(self) -> bool:
        """Is there such a table in the database."""
        return self.store.has("delivery")

    def make(self) -> None:
        """Make the table where it is missing; one maker at a time, behind the lock of those who append."""
        with self.store.transaction():
            self.store.head(lock=True)
            self.store.run(DELIVERY, ())

    def targets(self) -> dict[str, int]:
        """Every target that was ever seen, and up to which entry nothing waits for it."""
        if not self.there:
            return {}
        found = self.store.run("SELECT target, done FROM delivery WHERE model = ? ORDER BY target", (WHOLE,)).fetchall()
        return dict(self.store.typed(row, str, int) for row in found)

    def rows(self, target: str) -> dict[str, Row]:
        """A target's rows, by model."""
        sql = "SELECT model, done, attempts, due, error, until FROM delivery WHERE target = ?"
        found = [
            self.store.typed(row, str, int, int, int, str, int) for row in self.store.run(sql, (target,)).fetchall()
        ]
        return {model: Row(*row) for model, *row in found}

    def begin(self, target: str, model: str, done: int) -> None:
        """Begin behind an entry; a row that is there stays as it is."""
        sql = "INSERT INTO delivery VALUES (?, ?, ?, 0, 0, '', '', 0) ON CONFLICT (target, model) DO NOTHING"
        self.store.run(sql, (target, model, done))

    def passed(self, target: str, done: int) -> None:
        """Note that no entry up to this one waits for a target any more."""
        self.store.run(
            "UPDATE delivery SET done = ? WHERE target = ? AND model = ? AND done < ?", (done, target, WHOLE, done)
        )

    def claim(self, target: str, model: str, done: int, holder: str, now: int, until: int, due: int) -> bool:
        """Take a model's next event in hand; False where it was delivered, is not due, or is in another's hand.

        done: the entry before it, as it was read · due: the latest time that counts as due.
        """
        sql = (
            "UPDATE delivery SET holder = ?, until = ?"
            " WHERE target = ? AND model = ? AND done = ? AND until <= ? AND due <= ?"
        )
        return bool(self.store.run(sql, (holder, until, target, model, done, now, due)).rowcount == 1)

    def accepted(self, target: str, model: str, holder: str, done: int) -> None:
        """Note that the event in hand was delivered; nothing changes where another process has it in hand by now."""
        self.store.run(
            "UPDATE delivery SET done = ?, attempts = 0, due = 0, error = '', holder = '', until = 0"
            " WHERE target = ? AND model = ? AND holder = ?",
            (done, target, model, holder),
        )

    def failed(self, target: str, model: str, holder: str, attempts: int, due: int, error: str) -> None:
        """Note that sending the event in hand has failed; it is sent again, but not before `due`."""
        self.store.run(
            "UPDATE delivery SET attempts = ?, due = ?, error = ?, holder = '', until = 0"
            " WHERE target = ? AND model = ? AND holder = ?",
            (attempts, due, error, target, model, holder),
        )

    def let_go(self, target: str, model: str, holder: str) -> None:
        """Release the event in hand without knowing whether it was delivered; it may be sent again at once."""
        self.store.run(
            "UPDATE delivery SET holder = '', until = 0 WHERE target = ? AND model = ? AND holder = ?",
            (target, model, holder),
        )
