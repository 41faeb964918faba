"""Reviews a fleet in shards: a mapped task for each, and one that makes one report of them, whose exit code is the answer.

All shards share one clock, which a task of its own takes, so that a shard which is tried again has the same.  They read one state of
registry and ledger too: let PROJECT be a copy of them that nobody moves versions in meanwhile.
"""

import subprocess
from datetime import UTC, datetime
from pathlib import Path

from airflow.exceptions import AirflowException, AirflowFailException
from airflow.sdk import dag, task

SHARDS = 8
FILES = Path("/shards")  # where every worker reads and writes
PROJECT = Path("/project")


def policy(*words: str) -> None:
    """Run a command in the project; only what could not be evaluated is worth another try."""
    done = subprocess.run(["policy", *words], cwd=PROJECT, capture_output=True, text=True, check=False)
    print(done.stdout, done.stderr, sep="\n")
    if done.returncode == 4:
        raise AirflowException(done.stderr)
    if done.returncode != 0:
        raise AirflowFailException(f"exit code {done.returncode}")


@dag(schedule="@daily", start_date=datetime(2026, 1, 1, tzinfo=UTC), catchup=False)
def fleet_review():
    @task
    def clock() -> str:
        return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    @task(retries=2)
    def shard(number: int, at: str) -> str:
        file = FILES / f"{at}-{number}.json"
        policy("review", "--shard", f"{number}/{SHARDS}={file}", "--at", at)
        return str(file)

    @task
    def merge(files: list[str]) -> None:
        policy("review", "--merge", *files, "-o", "text", "-o", f"html={FILES / 'review.html'}")

    merge(shard.partial(at=clock()).expand(number=list(range(1, SHARDS + 1))))


fleet_review()
