"""What an endpoint is, and the parameters that several of them have beside their queries. Pure."""

import dataclasses
from collections.abc import Mapping
from typing import Any, Literal

from chalicelib import abilities
from chalicelib.openapi.responses import Responses
from chalicelib.parameters import Parameter, Reader, Schema

Verb = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
#: Who may call: anybody, who may see more with a key; with a key; with name and password; with
#: either of these.
Callers = Literal["anybody", "anybody, or key", "key", "account", "key or account"]

ID = Parameter(
    "id",
    "The identifier of a work: `info:doi/` and its DOI, or the DOI alone; `info:pmid/`,"
    " `info:pmcid/` or `info:mendeley/` and the identifier. It is all the rest of the path:"
    " slashes in it may stand plain or escaped (`%2F`), and an ending such as `.json` is part of"
    " it.",
    {"type": "string", "minLength": 1, "maxLength": 2000},
    str,
    location="path",
    example="info:doi/10.5555/alpha.1",
)
SOURCE_NAME = Parameter(
    "name",
    "The name of a source, in any case.",
    {"type": "string", "minLength": 1, "maxLength": 200},
    str,
    location="path",
    example="crossref",
)
IF_NONE_MATCH = Parameter(
    "If-None-Match",
    "The ETag of an answer that you have: while it is the same, it is not sent again.",
    {"type": "string", "maxLength": 1000},
    str,
    location="header",
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A path and a verb.

    ``name`` is the operationId. ``may`` is what the caller's role must allow: action and
    resource of ``abilities``. ``route`` is the path as ``app`` has it, if that is another;
    ``also`` are paths that mean the same. ``body`` is what is sent, by kind. A GET is answered to
    HEAD, and to a POST that says it is a GET unless ``posted`` is None: these are the answers
    that only a POST gets. ``preflight``: OPTIONS is answered. ``cors``: scripts of other sites
    may read the answers.
    """

    path: str
    name: str
    tag: str
    summary: str
    responses: Responses
    verb: Verb = "GET"
    description: str = ""
    parameters: tuple[Parameter[Any], ...] = ()
    body: Mapping[str, Schema] = dataclasses.field(default_factory=dict)
    callers: Callers = "anybody"
    may: tuple[str, str] | None = None
    route: str = ""
    also: tuple[str, ...] = ()
    posted: Responses | None = None
    preflight: bool = True
    cors: bool = True

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles that may call; none where nobody is asked who he is."""
        if self.may is None:
            return () if self.callers.startswith("anybody") else abilities.ROLES
        action, resource = self.may
        return tuple(role for role in abilities.ROLES if abilities.may(role, action, resource))


def override(*verbs: str, required: bool = True) -> Parameter[str]:
    """The header that says which verb a POST means (api.md 1.3)."""
    return Parameter(
        "X-HTTP-Method-Override",
        "The verb that is meant. The field `_method` of a form says it too.",
        {"type": "string", "enum": [*verbs]},
        str,
        location="header",
        required=required,
    )


def all_of(reader: Reader[Any]) -> tuple[Parameter[Any], ...]:
    """The parameters that a query is made of."""
    return tuple(reader.fields.values())
