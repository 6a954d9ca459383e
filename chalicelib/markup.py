"""Text for HTML and XML: escaped, and without the characters that XML cannot hold. Pure."""

import html
import re

from chalicelib.model import PartialDate

#: What stands before every XML document.
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
# Most control characters, lone surrogates and two that are no characters (XML 1.0, 2.2).
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def text(value: str) -> str:
    """The value as text of an element or of an attribute in double quotes."""
    return html.escape(_NOT_IN_XML.sub("", value))


def element(name: str, value: str, attributes: str = "") -> str:
    """An element that holds only text. ``attributes`` are written as they are."""
    return f"<{name}{attributes}>{text(value)}</{name}>"


def date(issued: PartialDate) -> str:
    """``2012``, ``March 2012`` or ``March 6, 2012``, in English whatever the machine speaks."""
    if issued.month is None:
        return str(issued.year)
    day = "" if issued.day is None else f" {issued.day},"
    return f"{_MONTHS[issued.month - 1]}{day} {issued.year}"
