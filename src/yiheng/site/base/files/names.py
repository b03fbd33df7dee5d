"""Names of files (文件名): of the name that a sender gave, no folder, no control sign, and a suffix that is true."""

import re
import unicodedata

from yiheng.site.base.files.kinds import Kind

LONGEST = 120
_FOLDERS = re.compile(r"[/\\]")
_UNSAFE = re.compile(r'[<>:"|?*;%\r\n\t]')
# Names that Windows keeps for its devices, whatever suffix follows.
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
# Other signs, and marks that turn the direction of writing (photo[RLO]gnp.exe).
_HIDDEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def cleaned(name: str, kind: Kind) -> str:
    """A name that is safe in a folder, a header and a page, and ends as files of this kind do."""
    last = _FOLDERS.split(unicodedata.normalize("NFC", name))[-1]
    shown = "".join(sign for sign in last if unicodedata.category(sign) not in _HIDDEN)
    plain = _UNSAFE.sub("_", shown).strip(" .")
    if _DEVICES.match(plain):
        plain = f"_{plain}"
    suffix = next((each for each in kind.suffixes if plain.lower().endswith(each)), "")
    stem = plain[: len(plain) - len(suffix)].rstrip(" .")
    suffix = suffix or kind.suffixes[0]
    return f"{stem[: LONGEST - len(suffix)].rstrip(' .') or 'file'}{suffix}"
