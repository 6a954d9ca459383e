"""DataONE Counter: how often the data set was read, by the federated logs of DataONE.

Left out are reads by robots on its full list; ``dataone_usage`` leaves out those on
the short one.

Counts:   reads of the object, without repeated visits (total), by month
Needs:    DOI; the ARK where the work has one, as DataONE then names it so
Asks:     GET, JSON, one work a call
Limits:   none published; we use 3600 an hour
Auth:     none            Licence: none stated; counts are facts
Zero:     numFound 0      Unknown work: the same
Traps:    identifiers keep their case, and those of DOIs are mostly in upper case, so each
          spelling is asked for; months begin with the month of publication; the logs may no
          longer be open to everybody
Docs:     https://dataone-architecture-documentation.readthedocs.io/      Read: 2026-11-26
"""

from collections.abc import Sequence

from chalicelib.apis import dataone
from chalicelib.model import Work
from chalicelib.source import Answer, Client, Outcomes, Source


class DataOneCounter(Source):
    name = "dataone_counter"
    title = "DataONE Counter"
    group = "viewed"
    description = "Reads of data sets in the repositories of DataONE, without any known robots."
    profits_from = ("ark",)
    on_by_default = False
    absent = ()

    def ask(self, works: Sequence[Work], client: Client) -> Answer:
        return dataone.ask(client, works[0], robots="inFullRobotList")

    def parse(self, answer: Answer, works: Sequence[Work]) -> Outcomes:
        return dataone.parse(answer, works)
