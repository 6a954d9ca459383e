"""The pages of the sources: made of the modules, whole, and safe."""

import html.parser
import re

import pytest

from chalicelib import documentation, sources
from tests.sources.cases import every_source


class Reader(html.parser.HTMLParser):
    """Reads a page; remembers its texts and links and that every element is closed."""

    def __init__(self, page):
        super().__init__()
        self.open, self.links, self.texts = [], [], []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        if tag not in ("meta", "link", "input", "br"):
            self.open.append(tag)
        self.links += [value for name, value in attributes if name == "href"]

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, text):
        self.texts.append(text)


def get(site, path):
    return site.get(path, key=None)


@every_source
def test_every_source_has_a_page_with_its_whole_fact_card(name):
    source = sources.get(name)
    card = documentation.card(source)
    told = {fact for fact, _ in card.facts}
    assert {"Counts", "Needs", "Asks", "Limits", "Auth", "Licence", "Zero", "Traps", "Docs"} <= told
    read = Reader(documentation.source_page(name))
    words = re.sub(r"\s+", " ", "".join(read.texts))
    for fact, value in card.facts:
        assert fact in words and value.replace("``", "") in words
    assert source.title in words
    for setting in source.settings:
        assert setting.name in words and setting.description in words


def test_the_list_leads_to_every_page(site):
    seen = get(site, "/docs/sources")
    assert seen.status == 200
    assert seen.headers["content-type"] == "text/html; charset=utf-8"
    assert seen.headers["content-security-policy"].startswith("default-src 'none'")
    links = [link for link in Reader(seen.text).links if link.startswith("/docs/sources/")]
    assert links == [f"/docs/sources/{name}" for name in sources.names()]
    assert get(site, links[0]).status == 200


@pytest.mark.parametrize("name", ["nosuch", "__init__", "..", "<script>"])
def test_there_is_no_page_of_what_is_no_source(site, name):
    seen = get(site, f"/docs/sources/{name}")
    assert (seen.status, seen.headers["location"], seen.text) == (302, "/", "")
    told = site.ask("GET", f"/docs/sources/{name}", {"Accept": "application/json"})
    assert (told.status, "<script>" in told.text) == (404, False)


def test_a_page_that_did_not_change_is_not_sent_again(site):
    etag = get(site, "/docs/sources/crossref").headers["etag"]
    again = site.ask("GET", "/docs/sources/crossref", {"if-none-match": etag})
    assert (again.status, again.text) == (304, "")


def test_texts_are_escaped():
    assert documentation._linked("<b> & https://example.org/a?b=1, ``x``") == (
        '&lt;b&gt; &amp; <a href="https://example.org/a?b=1" rel="noreferrer">'
        "https://example.org/a?b=1</a>, <code>x</code>"
    )


def test_standings():
    assert documentation.standing(sources.get("crossref")) == "on"
    assert documentation.standing(sources.get("landing_page")) == "on demand"
    assert documentation.standing(sources.get("retractions")) == "on, feed"
    assert documentation.standing(sources.get("scopus")) == "off, needs api_key"
    assert documentation.standing(sources.get("citeulike")) == "retired 2019"
