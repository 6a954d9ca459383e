"""What a request can say: each parameter is declared once, and read by its declaration. Pure.

    PAGE = Parameter("page", "Which page.", {"type": "integer", "minimum": 1}, int)
    ARTICLES = Reader(Query, page=PAGE)
    ARTICLES.read({"page": "2", "unknown": "ignored"})    # Query(page=2)

The description of the API (``openapi``) is made of the same declarations, so an endpoint cannot
take a parameter that is not described, and none is described that no endpoint takes. What is
described is strict, what is accepted is lenient as in Lagotto: a text that a parameter does not
understand counts as absent, unless the parameter refuses it.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any, Generic, Literal, TypeVar

#: A JSON Schema (2020-12), as OpenAPI 3.1 has them.
Schema = Mapping[str, Any]

Value = TypeVar("Value")
Made = TypeVar("Made")

TEXT: Schema = {"type": "string"}


class Parameter(Generic[Value]):
    """A parameter of requests.

    ``schema`` says which texts are meant to be sent. ``understand`` makes the value of a text;
    None counts as absent. Errors of it: RequestError on a text that is refused. ``other_names``
    are read where ``name`` is absent. ``location`` is where it stands in the request.
    """

    # No dataclass: those take milliseconds to make, which every cold start would pay.
    def __init__(
        self,
        name: str,
        description: str,
        schema: Schema,
        understand: Callable[[str], Value | None],
        other_names: tuple[str, ...] = (),
        *,
        location: Literal["query", "path", "header"] = "query",
        required: bool = False,
        example: str | int = "",
    ) -> None:
        self.name = name
        self.description = description
        self.schema = schema
        self.understand = understand
        self.other_names = other_names
        self.location = location
        self.required = required
        self.example = example

    def read(self, params: Mapping[str, str]) -> Value | None:
        """Its value in these parameters, None if it counts as absent. Errors: RequestError."""
        for name in (self.name, *self.other_names):
            if name in params:
                return self.understand(params[name])
        return None


class Reader(Generic[Made]):
    """Makes what a request asks for of its parameters: a field of ``make`` for each of them."""

    def __init__(self, make: Callable[..., Made], **fields: Parameter[Any]) -> None:
        self.fields: Mapping[str, Parameter[Any]] = fields
        self._make = make
        self._known = {
            name: (field, parameter.understand, (parameter.name, *parameter.other_names)[:place])
            for field, parameter in fields.items()
            for place, name in enumerate((parameter.name, *parameter.other_names))
        }

    @property
    def names(self) -> Collection[str]:
        """All names that it reads, other names among them."""
        return self._known.keys()

    def read(self, params: Mapping[str, str], **absent: Any) -> Made:
        """What the parameters ask for; ``absent`` are values of fields that nothing is said of.

        Fields that neither gives have the defaults of ``make``. Errors: RequestError.
        """
        known = self._known
        # A request has few parameters of the many that it could have.
        for name, text in params.items():
            if name in known:
                field, understand, stronger = known[name]
                if stronger and not params.keys().isdisjoint(stronger):
                    continue
                value = understand(text)
                if value is not None:
                    absent[field] = value
        return self._make(**absent)
