"""The normal form of a code (编码规范形式): how it is spelled before it is compared; loads nothing."""

FULL_WIDTH = "".join(chr(sign) for sign in range(0xFF01, 0xFF5F)) + "\u3000"
HALF_WIDTH = "".join(chr(sign) for sign in range(0x21, 0x7F)) + " "
_TO_HALF = str.maketrans(FULL_WIDTH, HALF_WIDTH)


def normal(code: str) -> str:
    """A code in normal form: half-width, upper case, no spaces around."""
    # Nearly all codes are half-width already, and translating is dear.
    half = code if code.isascii() else code.translate(_TO_HALF)
    return half.strip(" ").upper()
