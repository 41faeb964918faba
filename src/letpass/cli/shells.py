"""How shells ask for completion, and how each is answered: bash, zsh and fish, by click's own protocol."""

from __future__ import annotations

import os
import shlex
from typing import Any

import click
from click.shell_completion import BashComplete, CompletionItem, FishComplete, ZshComplete, add_completion_class


def _whole(items: list[CompletionItem[Any]], word: str) -> list[CompletionItem[Any]]:
    """Items for the whole word `--option=VALUE`, of which click knows the value alone."""
    option, is_, _ = word.partition("=")
    if not is_ or not option.startswith("--"):
        return items
    return [CompletionItem(f"{option}={i.value}", i.type, i.help) if i.type == "plain" else i for i in items]


_BASH = """\
%(complete_func)s() {
    local IFS=$'\\n' type value response
    response=$(env COMP_LINE="$COMP_LINE" COMP_POINT="$COMP_POINT" COMP_WORDBREAKS="$COMP_WORDBREAKS" \
COMP_WORDS="${COMP_WORDS[*]}" COMP_CWORD="$COMP_CWORD" %(complete_var)s=bash_complete "$1" 2>/dev/null)
    COMPREPLY=()
    while IFS=',' read -r type value; do
        case $type in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            plain)
                COMPREPLY+=("$value")
                case $value in *[@/=]) compopt -o nospace ;; esac
                ;;
        esac
    done <<< "$response"
}

complete -o nosort -F %(complete_func)s %(prog_name)s
"""


class Bash(BashComplete):
    """Bash, which takes a word apart at `@`, `:` and `=`: the line is read as a whole, and only what is behind the last of them is
    given back."""

    source_template = _BASH
    _quoted = False
    """Is the word that is being written within quotation marks, which hold it together."""

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words of the line up to the cursor; those that bash has made of it where it tells no line."""
        if "COMP_LINE" not in os.environ:
            return super().get_completion_args()
        line = os.environ["COMP_LINE"].encode()[: int(os.environ["COMP_POINT"])].decode(errors="ignore")
        words, self._quoted = _words(line)
        return words[1:-1], words[-1]

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[Any]]:
        """What can stand in the place of an unfinished word, as the shell takes it."""
        items = _whole(super().get_completions(args, incomplete), incomplete)
        if "COMP_LINE" not in os.environ or self._quoted:
            return items
        breaks = os.environ.get("COMP_WORDBREAKS", "")
        # readline keeps an `@` with what is behind it, as it would a `$`, and no other of them
        behind = max([0, *(incomplete.rfind(c) + (c != "@") for c in "@:=" if c in breaks)])
        return [CompletionItem(i.value[behind:], i.type, i.help) if i.type == "plain" else i for i in items]


class Zsh(ZshComplete):
    """Zsh, which gives words as they are."""

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[Any]]:
        """What can stand in the place of an unfinished word, as the shell takes it."""
        return _whole(super().get_completions(args, incomplete), incomplete)


class Fish(FishComplete):
    """Fish, which does so too."""

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[Any]]:
        """What can stand in the place of an unfinished word, as the shell takes it."""
        return _whole(super().get_completions(args, incomplete), incomplete)


def _words(line: str) -> tuple[list[str], bool]:
    """The words of a line, the last one the one that is being written, and whether that stands within quotation marks."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=False)
    lexer.whitespace_split, lexer.commenters = True, ""
    found = list[str]()
    try:
        found.extend(lexer)
    except ValueError:  # they are not closed
        return [*found, lexer.token], True
    return ([*found, ""] if not found or line[-1:].isspace() else found), False


def answer(cli: click.Command, name: str, variable: str, asked: str) -> bool:
    """Print what a shell asks for; False where it is none that is known."""
    from click.shell_completion import shell_complete

    for shell in (Bash, Zsh, Fish):
        add_completion_class(shell)
    if not asked.endswith("_complete"):
        return shell_complete(cli, {}, name, variable, asked) == 0
    try:
        return shell_complete(cli, {}, name, variable, asked) == 0
    except Exception:  # noqa: BLE001 - half a line may be anything, and a shell shows no error
        return True
