"""Delimiters (分隔符): what stands between the cells of a text file, told from its header."""

import re

_KNOWN = (",", "\t", ";")
_QUOTED = re.compile(r'"(?:[^"]|"")*"')


def delimiter_in(header: str) -> str:
    """Comma, tab or semicolon: the one that a header line has most of outside quotation marks; a comma if it has none.

    `|` is none of them: it joins lists.
    """
    plain = _QUOTED.sub("", header)
    return max(_KNOWN, key=plain.count)
