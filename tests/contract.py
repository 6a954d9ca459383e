"""The test data of the contract (api.md section 15): three works, seven sources, all counts.

``fill`` puts them into the tables that the environment names, ``let_in`` adds the people;
``contract_site`` is a site with the data in tables of its own.
"""

import contextlib
import gzip
import json
from collections.abc import Iterator

from chalicelib.feed import Publisher
from chalicelib.model import Event, Metrics, Result
from chalicelib.store import accounts, keys, publishers
from chalicelib.store.keys import Key
from chalicelib.store.tables import EventsItem
from tests.visiting import NOW, ROLES, Site, add, install, keep, work

ALPHA, BETA, GAMMA = "10.5555/alpha.1", "10.5555/beta(2)", "10.5555/gamma,3"
UUID = "aaaaaaaa-0000-0000-0000-000000000001"
WRONG_KEY = "Missing or wrong API key."
#: The people: each one's password and key, whose role is in ``ROLES``. The first is admin.
PEOPLE = {
    "root": ("secret12", "kadm"),
    "stan": ("secret34", "kstf"),
    "uma": ("secret56", "kusr"),
}
#: The sources in the order of answers; wos is private.
ORDER = ["counter", "pmc", "citeulike", "mendeley", "facebook", "crossref", "wos"]
DOWNLOADS = [
    {"month": "1", "year": "2013", "pdf_views": "10", "xml_views": "2", "html_views": "18"}
]
CITING = Event(
    event={
        "doi": "10.5555/c1",
        "issn": "12345678",
        "article_title": "T",
        "journal_title": "J",
        "year": "2014",
        "fl_count": "0",
        "publication_type": "full_text",
        "contributors": {
            "contributor": [
                {
                    "first_author": "true",
                    "sequence": "first",
                    "contributor_role": "author",
                    "given_name": "G",
                    "surname": "S",
                },
                {
                    "first_author": "false",
                    "sequence": "additional",
                    "contributor_role": "author",
                    "given_name": "H",
                    "surname": "U",
                },
            ]
        },
    },
    url="http://dx.doi.org/10.5555/c1",
    csl={
        "author": [{"family": "S", "given": "G"}, {"family": "U", "given": "H"}],
        "title": "T",
        "container-title": "J",
        "issued": {"date-parts": [[2014]]},
        "url": "http://dx.doi.org/10.5555/c1",
        "type": "article-journal",
    },
)


@contextlib.contextmanager
def contract_site() -> Iterator[Site]:
    """A site with this data, for tests that only read."""
    # Sets the environment of tests, which filling the tables of another one must not.
    from tests.conftest import empty_tables

    with empty_tables():
        fill()
        yield Site()


def fill() -> None:
    """Put the sources, the publisher, the works and their counts into empty tables."""
    _install()
    press = Publisher(
        id="340",
        name="Example Press",
        agency="crossref",
        other_names=["Example Press"],
        prefixes=["10.5555"],
    )
    publishers.put_all([press], NOW)
    add(
        work(
            ALPHA,
            "2012-03-06",
            "Alpha",
            pmid="111",
            pmcid="222",
            mendeley_uuid=UUID,
            publisher_id=340,
        ),
        work(BETA, "2013", "Beta", pmid="112"),
        work(GAMMA, "2014-01-15", "Gamma"),
    )
    _ask()


def let_in() -> list[Key]:
    """Make the people's accounts and keys; what is kept of the keys."""
    made = []
    for name, (password, key) in PEOPLE.items():
        role = ROLES[key]
        account = accounts.create(name, role, NOW, password=password)
        made.append(keys.create(name, role, NOW, key=key, account=account)[1])
    return made


def _install() -> None:
    install("counter", "Counter", "viewed", usage=True)
    install("pmc", "PubMed Central Usage Stats", "viewed", usage=True)
    install("citeulike", "CiteULike", "saved")
    install("mendeley", "Mendeley", "saved")
    install("facebook", "Facebook", "discussed")
    install("crossref", "CrossRef", "cited")
    install("wos", "Web of Science", "cited", private=True)


def _ask() -> None:
    months = [{"year": 2013, "month": 1, "html": 18, "pdf": 10}]
    downloads = Result(metrics=Metrics(total=30, pdf=10, html=18), by_month=months)
    keep("counter", ALPHA, downloads, usage=True)
    body = gzip.compress(json.dumps({"events": DOWNLOADS, "notes": {}}).encode())
    EventsItem(f"doi:{ALPHA}", "counter", body=body).save()
    keep("pmc", ALPHA, Result(metrics=Metrics(total=7, pdf=2, html=5)), usage=True)
    saved = [{"year": 2013, "month": 2, "total": 4}]
    keep("citeulike", ALPHA, Result(metrics=Metrics.of(readers=4), by_month=saved))
    keep("mendeley", ALPHA, Result(metrics=Metrics.of(readers=8, groups=1)))
    keep("facebook", ALPHA, Result(metrics=Metrics.of(readers=1, comments=1, likes=1)))
    keep("crossref", ALPHA, Result(metrics=Metrics.of(citations=2), events=[CITING]))
    keep("wos", ALPHA, 5)
    keep("crossref", GAMMA, 8)
