"""Wikipedia: pages that mention the DOI, by language.

With the setting ``api`` = ``2014`` it asks with the URL that Lagotto used, for mirrors. Lagotto's
own languages were: en nl de sv fr it ru es pl war ceb ja vi pt zh uk ca no fi fa id cs ko hu ar
commons.

Counts:   pages with the DOI in their text, summed over the languages (total, citations)
Needs:    DOI, of at most 298 characters
Asks:     GET, JSON; per language one question for up to 8 works at once (OR) and, only if
          that has a hit, one per work; 2014: one per work and language
Limits:   identified clients get thousands of calls an hour; we ask one after the other, 1/s
Auth:     none, but a User-Agent with the operator's contact      Licence: CC BY-SA (the texts)
Zero:     totalhits 0      Unknown work: totalhits 0
Traps:    a search over 300 characters is refused; errors come with status 200; a language that
          fails fails the batch, so that no total is ever stored with a language missing. 2014:
          it fails its work, where Lagotto stored null for it and the total of the others
Docs:     https://www.mediawiki.org/wiki/API:Search      Read: 2026-11-22
"""

import re
from collections.abc import Sequence

from chalicelib.archive import API, as_2014, each, escaped, expand
from chalicelib.errors import Malformed, Rejected, SourceError
from chalicelib.model import Metrics, Result, Work
from chalicelib.reading import count, expecting, mapping
from chalicelib.source import Answer, Client, Outcomes, Setting, Source, chunks

#: CirrusSearch counts the quotes and operators too.
QUERY_LIMIT_CHARACTERS = 300
OR = " OR "
DEFAULT_LANGUAGES = "en de fr es commons"
LANGUAGE = re.compile(r"[a-z]+(-[a-z]+)*")
SEARCH_OF_2014 = (
    "http://{host}/w/api.php?action=query&list=search&format=json&srsearch={doi}"
    "&srnamespace={namespace}&srwhat=text&srinfo=totalhits&srprop=timestamp&srlimit=1"
)


class Wikipedia(Source):
    name = "wikipedia"
    title = "Wikipedia"
    group = "discussed"
    description = "Pages of Wikipedia and Wikimedia Commons that mention the DOI."
    batch_size = 8
    calls_per_batch = len(DEFAULT_LANGUAGES.split())
    calls_per_hour = 3600
    absent = ()
    settings = (
        Setting(
            name="languages",
            description="codes of the Wikipedias to search, or commons, with spaces between",
            default=DEFAULT_LANGUAGES,
        ),
        API,
        Setting(
            name="url",
            description="URL template of a search, with {host}, {namespace} and {doi} in quotes",
            default=SEARCH_OF_2014,
        ),
    )
    page = 'https://en.wikipedia.org/w/index.php?search="{doi}"'

    def applies(self, work: Work) -> bool:
        return super().applies(work) and len(_phrase(work)) <= QUERY_LIMIT_CHARACTERS

    def collect(self, works: Sequence[Work], client: Client) -> Outcomes:
        languages = list(dict.fromkeys(client.settings["languages"].split()))
        if not languages or not all(LANGUAGE.fullmatch(language) for language in languages):
            raise Rejected(f"the setting languages of wikipedia is wrong: {' '.join(languages)!r}")
        if as_2014(client):
            return each(works, lambda work: _ask_as_in_2014(languages, work, client))
        found = {language: _by_work(language, works, client) for language in languages}
        return {work.key: _outcome(work, found) for work in works}


#: Work key → its number of pages in one language, or the error of this work alone.
Numbers = dict[str, int | Malformed]


def _by_work(language: str, works: Sequence[Work], client: Client) -> Numbers:
    """The numbers of one language: a single call for many works if none has a page."""
    found: Numbers = {}
    for group in chunks(works, _size, QUERY_LIMIT_CHARACTERS + len(OR)):
        if len(group) > 1 and _search(language, group, client) == 0:
            found.update({work.key: 0 for work in group})
            continue
        for work in group:
            try:
                found[work.key] = _search(language, [work], client)
            except Malformed as error:
                found[work.key] = error
    return found


def _search(language: str, works: Sequence[Work], client: Client) -> int:
    host, namespace = _wiki(language)
    question = {
        "action": "query",
        "list": "search",
        "format": "json",
        "formatversion": "2",
        "srsearch": OR.join(_phrase(work) for work in works),
        "srnamespace": namespace,
        "srwhat": "text",
        "srinfo": "totalhits",
        "srprop": "timestamp",
        "srlimit": "50" if len(works) == 1 else "1",  # the titles stay in the evidence
    }
    return _total(client.get(f"https://{host}/w/api.php", params=question))


def _ask_as_in_2014(languages: Sequence[str], work: Work, client: Client) -> Result:
    events: dict[str, int] = {}
    for language in languages:
        host, namespace = _wiki(language)
        url = expand(
            client.settings["url"], host=host, namespace=namespace, doi=escaped(_phrase(work))
        )
        events[language] = _total(client.get(url))
    return _summed(events)


def _wiki(language: str) -> tuple[str, str]:
    """The host and the namespace in which to search: articles, on Commons files."""
    if language == "commons":
        return "commons.wikimedia.org", "6"
    return f"{language}.wikipedia.org", "0"


def _total(answer: Answer) -> int:
    with expecting("a search result of MediaWiki", answer):
        return count(mapping(answer.json())["query"]["searchinfo"]["totalhits"])


def _outcome(work: Work, found: dict[str, Numbers]) -> Result | SourceError:
    events: dict[str, int] = {}
    for language, numbers in found.items():
        number = numbers[work.key]
        if isinstance(number, Malformed):
            return number
        events[language] = number
    return _summed(events)


def _summed(events: dict[str, int]) -> Result:
    """Lagotto's events: language → number, in the order of the setting, and their total."""
    total = sum(events.values())
    return Result(metrics=Metrics.of(citations=total), events={**events, "total": total})


def _phrase(work: Work) -> str:
    """The DOI as one phrase; its words are matched, so quotes and backslashes become spaces."""
    return '"' + re.sub(r'["\\]+', " ", work.doi or "").strip() + '"'


def _size(work: Work) -> int:
    return len(_phrase(work)) + len(OR)
