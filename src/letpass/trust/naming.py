"""Names of people as texts: when two are the same, and when one only looks like the other."""

from __future__ import annotations

import re
import unicodedata

_DOMAIN = r"[a-z0-9](?:[a-z0-9.-]{0,62}[a-z0-9])?"
_IDENTITY = re.compile(rf"[a-z0-9][a-z0-9._+-]{{0,63}}@{_DOMAIN}\Z", re.ASCII)
_ONLY_DOMAIN = re.compile(rf"{_DOMAIN}\Z", re.ASCII)


def is_identity(text: str) -> bool:
    """A person's name: an address in lower-case ASCII, so that no two look alike."""
    return _IDENTITY.match(text) is not None and ".." not in text


def is_domain(text: str) -> bool:
    """What may stand behind the `@` of a person's name."""
    return _ONLY_DOMAIN.match(text) is not None and ".." not in text


def same(name: str) -> str:
    """A name as names are compared: without regard to case, blanks, and how its letters are composed."""
    composed = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
    return " ".join(composed.split())


def alike(name: str) -> str:
    """A name as it looks: wide and bold letters are plain ones, what nobody sees is gone, and a letter of another
    script stands for the Latin one that it looks like (after Unicode's UTS 39, for the scripts that look most alike).
    """
    seen = "".join(c for c in unicodedata.normalize("NFKC", name) if not _unseen(c))
    plain = seen.translate(_LIKE).casefold().translate(_LIKE)
    return " ".join(unicodedata.normalize("NFKC", plain).split())


# Default_Ignorable_Code_Point (Unicode's DerivedCoreProperties) beside the format characters: nobody sees them
_IGNORABLE = ((0x34F, 0x34F), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x2060, 0x206F), (0x3164, 0x3164),
              (0xFE00, 0xFE0F), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0xE0000, 0xE0FFF))  # fmt: skip


def _unseen(character: str) -> bool:
    """Is a character one that is not shown."""
    code = ord(character)
    return unicodedata.category(character) == "Cf" or any(low <= code <= high for low, high in _IGNORABLE)


_PAIRS = (
    ("авгеһіјкӏмнопрсѕтуѵѡхԁԍԛԝь", "abrehijklmhonpcstyvwxdgqwb"),  # Cyrillic
    ("АВЕЅІЈКМНОРСТУХԌԚԜҮѴӀ", "abesijkmhopctyxgqwyvl"),
    ("αβγεζηικνορστυχωϲϳ", "abyeznikvopotuxwcj"),  # Greek
    ("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "abezhikmnoptyx"),
    ("գհյլոսցօզ", "qhjlnugoq"),  # Armenian
    ("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢɑɡıɩ", "abcdefghijklmnoprstuvwyzagii"),  # small capitals, and Latin letters of phonetics
    ("01|‐‑‒–—−․‚", "oll------.,"),
)  # fmt: skip
_LIKE = {ord(odd): ord(plain) for odds, plains in _PAIRS for odd, plain in zip(odds, plains, strict=True)}
