"""What operators type: ``python -m chalicelib NOUN VERB``. One module per noun.

Each noun's module declares its arguments (``add_arguments``) and what they run; it is imported
only when its noun is typed. Beside them: ``output`` (how things are shown), ``progress``,
``lookup`` (works in any spelling), ``standing`` (how a source stands) and ``aws`` (what AWS may
answer, in words).
"""

from chalicelib.errors import LagottoError


class CommandFailed(LagottoError):
    """What was asked for cannot be done; the text says why and what to do."""


class WrongUsage(LagottoError):
    """Arguments that do not go together; the text says which do."""
