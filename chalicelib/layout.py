"""What all web pages share: head, style, navigation. Pages load nothing and need no script.

``answers.page`` sends one. What a page shows is written by its own module, as HTML that is
escaped already.
"""

import re
from collections.abc import Sequence

from chalicelib import markup, settings

#: What every page leads to, beside the start.
NAVIGATION = (("Sources", "/docs/sources"), ("API", "/docs/api"))
SIGN_IN = "/users/sign_in"
OWN_ACCOUNT = "/users/me"

_STYLE = """
*{box-sizing:border-box}
body{font:16px/1.5 system-ui,sans-serif;color:#222;background:#fff;margin:0}
header{border-bottom:1px solid #ddd;background:#fafafa}
header nav,main{margin:0 auto;max-width:64rem;padding:0 1rem}
header nav{display:flex;flex-wrap:wrap;align-items:baseline;gap:.25rem 1.5rem;padding:.75rem 1rem}
header a{color:#222;text-decoration:none}header a:hover{text-decoration:underline}
header .site{font-weight:700}header .person{margin-left:auto}
main{padding-top:1.5rem;padding-bottom:3rem}
h1{font-size:1.75rem;line-height:1.25;margin:.5rem 0 1rem;overflow-wrap:anywhere}
h2{font-size:1.25rem;margin:2rem 0 .75rem}h3{font-size:1rem;margin:0}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.35rem .75rem .35rem 0}
tr{border-bottom:1px solid #ddd}
dt{font-weight:600;margin-top:.75rem}dd{margin:0;overflow-wrap:anywhere}
a{color:#05c}code{background:#f3f3f3;padding:0 .2rem;overflow-wrap:break-word}
form{margin:0 0 1rem}form p{margin:0 0 .75rem}label{display:block;font-weight:600}
input,select,textarea,button{font:inherit;padding:.35rem .6rem;max-width:100%}
input,select,textarea{border:1px solid #888;border-radius:4px;background:#fff;color:#222}
input:not([type=checkbox]):not([type=radio]){width:24rem}
button{border:0;border-radius:4px;background:#05c;color:#fff;cursor:pointer}
button.danger{background:#b00020}
.notice{border-left:4px solid #05c;background:#eef4ff;padding:.5rem .75rem}
.error{border-left:4px solid #b00020;background:#fdeef0;padding:.5rem .75rem}
.muted{color:#666}.scroll{overflow-x:auto}
"""


def page(
    title: str,
    body: str,
    *,
    root: str = "",
    signed_in_as: str | None = None,
    head: str = "",
    style: str = "",
) -> str:
    """A whole page. ``title`` and ``signed_in_as`` are texts, ``body`` and ``head`` are HTML.

    ``signed_in_as`` is "" for nobody, and None on pages that are the same for everybody.
    ``root`` is what stands before every path (``Request.root``). ``head`` is what only this page
    has in its head, ``style`` the rules that only it needs. Classes of the shared style:
    ``notice``, ``error``, ``muted``, ``scroll`` (around a wide table), ``danger`` (a button).
    """
    site = settings.load().site_name
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="icon" href="data:,">'  # browsers would ask for one
        f"<title>{markup.text(title)} – {markup.text(site)}</title>{head}"
        f"<style>{_STYLE}{style}</style></head>"
        f"<body>{_header(site, root, signed_in_as)}<main>{body}</main></body></html>"
    )


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of cells that are HTML already."""
    titles = "".join(f"<th>{title}</th>" for title in head)
    lines = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    made = f"<table><thead><tr>{titles}</tr></thead><tbody>{lines}</tbody></table>"
    return f'<div class="scroll">{made}</div>'


def link(address: str, text: str, attributes: str = "") -> str:
    """A link with a text; ``attributes`` are written as they are."""
    return f'<a href="{markup.text(address)}"{attributes}>{markup.text(text)}</a>'


def outside(address: str, text: str) -> str:
    """A link to another site, for addresses from anywhere: of http and https only, else text."""
    if not re.match(r"https?://", address, re.IGNORECASE):
        return markup.text(text)
    return link(address, text, ' rel="noreferrer nofollow"')


def _header(site: str, root: str, signed_in_as: str | None) -> str:
    if signed_in_as == "":
        address, text = SIGN_IN, "Sign in"
    else:  # who is not signed in is sent on to do so
        address, text = OWN_ACCOUNT, signed_in_as or "Your account"
    person = link(root + address, text, ' class="person"')
    links = [
        link(f"{root}/", site, ' class="site"'),
        *(link(root + path, name) for name, path in NAVIGATION),
        person,
    ]
    return f"<header><nav>{''.join(links)}</nav></header>"
