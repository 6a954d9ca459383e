"""Text for HTML and XML: escaped, and without the characters that XML cannot hold. Pure."""

import html
import re

#: What stands before every XML document.
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'

# Most control characters, lone surrogates and two that are no characters (XML 1.0, 2.2).
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def text(value: str) -> str:
    """The value as text of an element or of an attribute in double quotes."""
    return html.escape(_NOT_IN_XML.sub("", value))


def element(name: str, value: str, attributes: str = "") -> str:
    """An element that holds only text. ``attributes`` are written as they are."""
    return f"<{name}{attributes}>{text(value)}</{name}>"
