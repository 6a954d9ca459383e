"""Titles of works: which HTML stays in them.

``b``, ``i``, ``sc``, ``sub`` and ``sup`` carry meaning and stay, without attributes; all other
tags go and leave their text (operations.md 3.5, the rule of Lagotto 3.12.5).
"""

import re

_KEPT_TAGS = frozenset({"b", "i", "sc", "sub", "sup"})
_DROPPED_WITH_CONTENT = frozenset({"script"})

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
