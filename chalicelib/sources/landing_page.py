"""Landing page: the page of the work at its publisher, to which its DOI leads.

It tells the canonical URL, which some sources need, and no numbers.

Counts:   nothing
Needs:    DOI, of a work whose canonical URL is not known
Asks:     GET, HTML, one work a call, through all redirects
Limits:   none published; we use 3600 an hour
Auth:     none            Licence: addresses are facts
Zero:     does not occur      Unknown work: 404, a failure; so is a page without any digit in its
          address, which is one for errors or for a whole site
Traps:    the address is in lower case and unescaped, as Lagotto kept it; a page that names
          another address as its own is not the work's, but http and https are one; publishers
          refuse programs (403, 429), which says nothing of other publishers; without a redirect
          it is a page of doi.org
Docs:     https://www.doi.org/the-identifier/resources/factsheets/doi-resolution-documentation
Read: 2026-11-26
"""

import re
from collections.abc import Sequence
from typing import ClassVar
from urllib.parse import quote, unquote_plus, urlsplit

from chalicelib.errors import Malformed, RateLimited, Rejected, SourceError
from chalicelib.model import Result, Work
from chalicelib.source import Answer, Client, Kind, Outcomes, Source, found_identifiers


class LandingPage(Source):
    name = "landing_page"
    title = "Landing page"
    group = "other"
    description = "Finds the page of the work at its publisher, which other sources need."
    kind: ClassVar[Kind] = "finder"
    finds = ("canonical_url",)
    timeout_seconds = 60
    absent = ()

    def applies(self, work: Work) -> bool:
        """Whether the work has a DOI and no canonical URL yet."""
        return super().applies(work) and not work.canonical_url

    def collect(self, works: Sequence[Work], client: Client) -> Outcomes:
        """The canonical URL; what one publisher refuses is the failure of this work alone.

        Errors: SourceError where doi.org itself refuses, or nobody answers.
        """
        [work] = works
        try:
            answer = self.ask(works, client)
        except (Malformed, RateLimited) as error:
            return {work.key: error}
        if answer.status in (401, 403):
            refusal = Rejected(
                f"the provider answered with status {answer.status}",
                url=answer.url,
                status=answer.status,
                body=answer.body,
            )
            if not answer.final_url:
                raise refusal
            return {work.key: refusal}
        return {work.key: _outcome(answer, work)}

    def ask(self, works: Sequence[Work], client: Client) -> Answer:
        url = f"https://doi.org/{quote(works[0].doi or '')}"
        return client.get(url, accept="text/html", absent=(401, 403, 404))


def _outcome(answer: Answer, work: Work) -> Result | SourceError:
    """The canonical URL, unless the page contradicts it or ends before it can."""
    if answer.status == 404:
        return _unresolved(answer, work)
    if _is_cut_off(answer.body.lower()):
        return answer.malformed("the page is cut off")
    told = _clean(_own_address(answer.body))
    url = _clean(answer.final_url or answer.url)
    url = re.sub(r";jsessionid=.*", "", url, flags=re.DOTALL).replace("?via=ihub", "", 1)
    if told and _without_scheme(told) not in (_without_scheme(url), urlsplit(url).path):
        message = f"Canonical URL mismatch: {told} for {url}"
        return Rejected(message, url=answer.url, status=404, body=answer.body)
    if not re.search(r"[0-9]", url):
        return _unresolved(answer, work)
    if not (answer.final_url or told):
        return Result(metrics=None)
    return Result(metrics=None, identifiers=found_identifiers(canonical_url=url))


def _is_cut_off(page: bytes) -> bool:
    """Whether a page of HTML ends in its head, where the hints are, or inside a tag."""
    head_is_whole = b"</head" in page or b"<body" in page
    return b"<html" in page and (not head_is_whole or page.rfind(b"<") > page.rfind(b">"))


def _unresolved(answer: Answer, work: Work) -> Rejected:
    message = f"DOI {work.doi} could not be resolved"
    return Rejected(message, url=answer.url, status=404, body=answer.body)


def _own_address(body: bytes) -> str:
    from chalicelib.pages import own_address  # loads an HTML parser

    return own_address(body)


def _clean(url: str) -> str:
    return unquote_plus(url).strip().lower().replace("reload=true&", "", 1)


def _without_scheme(url: str) -> str:
    return re.sub(r"^https?:", "", url)
