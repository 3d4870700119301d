"""
What may reach a terminal. A note is somebody else's text: it must not move the cursor, set a title or hide a word.
"""

import unicodedata

TAB = "    "
HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories that are shown as their code: controls, formats (bidi, zero width), and what is no character."""


def escape(line: str) -> str:
    """One line as it may be printed; line ends in it are shown as codes too."""
    if line.isprintable():
        return line
    return "".join(_shown(sign) for sign in line.replace("\t", TAB))


def escape_json(text: str) -> str:
    """JSON, which escapes controls and all beyond ASCII by itself, without the one that it lets through."""
    return text.replace("\x7f", "\\u007f")


def _shown(sign: str) -> str:
    if unicodedata.category(sign) not in HIDDEN:
        return sign
    code = ord(sign)
    return f"\\x{code:02X}" if code < 0x100 else f"\\u{{{code:X}}}"
