"""Outside the API: items 49 to 51."""

import re
import xml.etree.ElementTree as ET

import pytest

from tests.contract import ALPHA
from tests.contract_items import JSON, NO_PATH, told
from tests.visiting import Visitor

OEMBED_KEYS = "type,version,width,height,provider_name,provider_url,title,html,url".split(",")


class Outside:
    """Items 49 to 51."""

    def test_49_heartbeat(self, site: Visitor) -> None:
        seen = site.get("/heartbeat", key=None)
        assert (seen.status, list(seen.json)) == (
            200,
            ["version", "articles_count", "update_date", "status"],
        )
        assert (seen.json["version"], seen.json["articles_count"]) == ("3.9", 3)
        assert seen.json["status"] == "OK"
        wrapped = site.get("/heartbeat", key=None, callback="f")
        assert re.fullmatch(r'f\(\{"version":.*"status":"OK"\}\)', wrapped.text)
        assert wrapped.headers["content-type"] == "application/javascript; charset=utf-8"

    def test_50_oembed(self, site: Visitor) -> None:
        page = "http%3A%2F%2Fhost%2Farticles%2Finfo%3Adoi%2F10.5555%2Falpha.1"
        seen = site.ask("GET", f"/oembed?url={page}&maxwidth=474")
        assert (seen.status, seen.headers["content-type"]) == (200, JSON)
        box = seen.json
        assert list(box) == OEMBED_KEYS
        html = box.pop("html")
        assert re.fullmatch("http://localhost(:[0-9]+)?", box.pop("provider_url"))
        assert box == {
            "type": "rich",
            "version": "1.0",
            "width": 474,
            "height": 100,
            "provider_name": "Lagotto",
            "title": "Alpha",
            "url": "http://dx.doi.org/10.5555/alpha.1",
        }
        style, _, rest = html.partition("</style>")
        assert style.startswith('<style type="text/css">')
        for rule in ("max-width:600px", "padding:16px", "#3498db", "#1dbc9c", "#2ecc71", "#a368bd"):
            assert rule in style
        assert rest == (
            '<blockquote class="alm"><h4 class="alm">Alpha</h4>'
            '<p class="alm" data-datetime="2012-03-06T00:00:00Z">March 6, 2012. '
            '<a href="http://dx.doi.org/10.5555/alpha.1">http://dx.doi.org/10.5555/alpha.1</a></p>'
            '<p class="alm"><span class="alm signpost viewed" data-viewed="37">Viewed: 37</span> '
            '<span class="alm signpost discussed" data-discussed="3">Discussed: 3</span> '
            '<span class="alm signpost saved" data-saved="13">Saved: 13</span> '
            '<span class="alm signpost cited" data-cited="2">Cited: 2</span> '
            '<span class="Z3988" title="ctx_ver=Z39.88-2004&amp;rft_val_fmt=info%3Aofi%2Ffmt%3Akev'
            "%3Amtx%3Ajournal&amp;rft_id=info:doi/10.5555%2Falpha.1&amp;rft.genre=article"
            '&amp;rft.atitle=Alpha&amp;rft_date=2012-03-06"></span></p></blockquote>'
        )

    def test_50_oembed_as_xml(self, site: Visitor) -> None:
        page = f"http://host/articles/info:doi/{ALPHA}"
        seen = site.get("/oembed", key=None, url=page, format="xml", maxwidth="474")
        assert seen.status == 200
        assert seen.headers["content-type"] == "application/xml; charset=utf-8"
        start = '<?xml version="1.0" encoding="UTF-8"?><oembed><type>rich</type>'
        assert seen.text.startswith(start)
        root = ET.fromstring(seen.text.encode())
        assert root.tag == "oembed"
        box = {element.tag: element.text for element in root}
        assert list(box) == OEMBED_KEYS
        as_json = site.get("/oembed", key=None, url=page, maxwidth="474").json
        assert box == {name: str(value) for name, value in as_json.items()}

    def test_51_the_page_of_an_article(self, site: Visitor) -> None:
        seen = site.ask("GET", f"/articles/info:doi/{ALPHA}")
        assert (seen.status, seen.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert (
            '<link rel="alternate" type="application/json+oembed" '
            'href="/oembed?url=/articles/info:doi/10.5555/alpha.1" '
            'title="Article oEmbed Profile" />'
        ) in seen.text

    @pytest.mark.parametrize(
        ("path", "status", "location"),
        [
            ("/articles/info:doi/x", 302, "/"),
            ("/admin/sources", 301, "/sources"),
            ("/nosuch", 302, "/"),
        ],
    )
    def test_51_redirects(self, site: Visitor, path: str, status: int, location: str) -> None:
        seen = site.ask("GET", path)
        assert (seen.status, seen.headers["location"]) == (status, location)

    def test_paths_of_the_api_that_there_are_not(self, site: Visitor) -> None:
        assert site.get("/api/nosuch").status == 404
        posted = site.ask("POST", "/api/v5/articles?api_key=kusr")
        assert told(posted) == (404, NO_PATH)
