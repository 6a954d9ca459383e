"""Titles of works: which HTML stays in them, and how they stand in pages and as plain text.

``b``, ``i``, ``sc``, ``sub`` and ``sup`` carry meaning and stay, without attributes; all other
tags go and leave their text (operations.md 3.5, the rule of Lagotto 3.12.5).
"""

import re

from chalicelib import markup

_KEPT_TAGS = frozenset({"b", "i", "sc", "sub", "sup"})
_DROPPED_WITH_CONTENT = frozenset({"script"})

#: A tag that is kept, as it is and as ``markup`` escapes it.
_KEPT = re.compile(rf"</?(?:{'|'.join(sorted(_KEPT_TAGS))})>")
_KEPT_ESCAPED = re.compile(rf"&lt;(/?(?:{'|'.join(sorted(_KEPT_TAGS))}))&gt;")

#: What providers escape in titles, as ``markup`` escapes it once more.
_ENTITY_ESCAPED = re.compile(r"&amp;(amp|lt|gt|quot);")
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&amp;", "&"))

#: A "<" that opens neither a tag nor a comment that ends before the next "<".
_STRAY = re.compile(r"<(?!(?:/?[A-Za-z]|[!?])[^<>]*>)")
#: Names of tags that HTML may parse in ways of their own (tables, MathML, text areas).
_OTHER_TAG = re.compile(
    rf"<(/?)(?!(?:{'|'.join(sorted(_KEPT_TAGS | _DROPPED_WITH_CONTENT))})[\s/>])(?=[A-Za-z])",
    re.IGNORECASE,
)


def sanitise(title: str) -> str:
    """The title without the markup that is not allowed in it; a stray "<" becomes ``&lt;``.

    Text without "<" is returned unchanged, and entities are never decoded nor made.
    """
    if "<" not in title:
        return title
    import nh3  # takes a while to load, and few titles hold markup

    escaped = _STRAY.sub("&lt;", title.replace("&", "&amp;"))
    cleaned = nh3.clean(
        _OTHER_TAG.sub(r"<\1x-", escaped),
        tags=set(_KEPT_TAGS),
        clean_content_tags=set(_DROPPED_WITH_CONTENT),
        attributes={},
        link_rel=None,
    )
    # Undo what the serialiser escapes in text beyond "<", which alone does harm there.
    for escape, character in (("&gt;", ">"), ("&nbsp;", "\N{NO-BREAK SPACE}"), ("&amp;", "&")):
        cleaned = cleaned.replace(escape, character)
    return cleaned


def as_html(title: str) -> str:
    """A sanitised title for a page: all is escaped, once, but the tags that are kept."""
    escaped = _KEPT_ESCAPED.sub(r"<\1>", markup.text(title))
    return _ENTITY_ESCAPED.sub(r"&\1;", escaped)


def as_text(title: str) -> str:
    """A sanitised title without any markup."""
    plain = _KEPT.sub("", title)
    for entity, character in _ENTITIES:
        plain = plain.replace(entity, character)
    return plain
