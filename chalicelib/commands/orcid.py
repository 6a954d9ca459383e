"""``orcid``: signing in with ORCID; the secret that ORCID gave with the client id.

The secret never stands on the command line, where other users of the machine would see it, and
is never shown: it is read from standard input, and kept in the parameter store.
"""

import argparse
import getpass
import sys

from chalicelib import settings
from chalicelib.commands import CommandFailed
from chalicelib.commands.output import show_json
from chalicelib.errors import ConfigurationError
from chalicelib.store import web_secrets

#: Where people come back to; it is registered at ORCID.
CALLBACK = "/users/auth/orcid/callback"
_LONGEST = 200


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verbs."""
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    verb = verbs.add_parser("set", help="read the client secret from standard input and keep it")
    verb.set_defaults(run=_set)
    verb = verbs.add_parser("show", help="how signing in with ORCID is set up, as JSON")
    verb.set_defaults(run=_show)


def _set(_: argparse.Namespace) -> int:
    secret = _read()
    if not 0 < len(secret) <= _LONGEST or not (secret.isascii() and secret.isprintable()):
        raise CommandFailed(
            "That is no client secret: it is one line of letters and digits, as "
            "https://orcid.org/developer-tools shows it."
        )
    web_secrets.put(web_secrets.ORCID, secret)
    print("The client secret is kept; it is used within five minutes.", file=sys.stderr)
    if not settings.load().orcid_client_id:
        print(
            "People can sign in with ORCID when the stage has LAGOTTO_ORCID_CLIENT_ID too: write "
            "the client id into its environment_variables in .chalice/config.json, and deploy.",
            file=sys.stderr,
        )
    return 0


def _show(_: argparse.Namespace) -> int:
    known = settings.load()
    try:
        secret = bool(web_secrets.get(web_secrets.ORCID))
    except ConfigurationError:
        secret = False
    site = known.site_url or "(the address of the API, which `make deploy` prints)"
    show_json(
        {
            "client_id": known.orcid_client_id or None,
            "client_secret": "set" if secret else "not set",
            "redirect_uri": site + CALLBACK,
        }
    )
    return 0


def _read() -> str:
    """The first line of standard input; a person types it unseen."""
    if sys.stdin.isatty():
        return getpass.getpass("Client secret: ").strip()
    return sys.stdin.readline().strip()
