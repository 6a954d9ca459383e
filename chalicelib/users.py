"""The pages of people: signing in, one's own account, and all accounts (operations.md 6).

``ROUTES`` says what there is, who may call it and which function answers. Here the caller is
found and asked for what he needs; the functions themselves no longer care who may.

Forms come from our own pages only: what changes something is refused if another site sent it
(``origins``), and one of somebody who is signed in must carry the token of his session, in
``FORM_FIELD`` or ``FORM_HEADER``.
"""

import dataclasses
import datetime as dt
import importlib
import re
from collections.abc import Mapping
from urllib.parse import quote, unquote

from chalicelib import abilities, answers, layout, markup, origins, query, sessions, settings
from chalicelib.answers import Answer, Request
from chalicelib.errors import ConfigurationError, LagottoError, RequestError
from chalicelib.sessions import Session
from chalicelib.store.accounts import AccountChanged

#: The field of a form that carries the session's token; scripts may send it as a header.
FORM_FIELD, FORM_HEADER = "authenticity_token", "x-csrf-token"
SIGN_IN = "/users/sign_in"
NOT_AUTHORIZED = "You are not authorized to access this page."
FOREIGN_FORM = "This form is too old or not of this site. Go back, reload the page, try again."
BROKEN = "Something is broken here. The operator has been told; try again later."
NOT_SET_UP = "This site is not set up for this yet. Its operator has been told; try again later."

_PREFIX = "/users"
_READING = ("GET", "HEAD")


@dataclasses.dataclass(frozen=True, slots=True)
class Visit:
    """A request to a page of people: of whom, with which parameters and names in its path.

    ``params`` are those of the URL of a GET, and the fields of the form of anything else.
    """

    request: Request
    session: Session | None
    params: Mapping[str, str]
    names: Mapping[str, str]

    @property
    def me(self) -> Session:
        """The session, for pages that are only shown to people who are signed in."""
        if self.session is None:
            raise RequestError(NOT_AUTHORIZED, status=401)
        return self.session

    @property
    def form_token(self) -> str:
        """A hidden field, as HTML, for every form of a page; "" for who is not signed in."""
        if self.session is None:
            return ""
        value = markup.text(self.session.form_token)
        return f'<input type="hidden" name="{FORM_FIELD}" value="{value}">'

    def page(
        self,
        title: str,
        body: str,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        style: str = "",
    ) -> Answer:
        """A page with this body, HTML that is escaped already, and with rules of its own style."""
        return _page(self.request, self.session, title, body, status, headers, style)


@dataclasses.dataclass(frozen=True, slots=True)
class Route:
    """A path below ``/users``, whose ``{name}`` is one segment, and who may call it.

    ``function`` is ``module.function`` of this package, from Visit to Answer. ``resource`` and
    ``action`` are of ``abilities``; everybody may call what has none. ``own``: what is done is
    done to one's own account.
    """

    method: str
    path: str
    function: str
    resource: str = ""
    action: str = ""
    own: bool = False

    def match(self, path: str) -> dict[str, str] | None:
        """The names in a path, decoded, if it is of this route."""
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path)
        found = re.fullmatch(pattern, path)
        return {name: unquote(text) for name, text in found.groupdict().items()} if found else None

    def allows(self, role: str) -> bool:
        """Whether a role may call it."""
        return not self.resource or abilities.may(role, self.action, self.resource, own=self.own)


ROUTES: tuple[Route, ...] = (
    Route("GET", SIGN_IN, "sign_in.ask"),
    Route("POST", SIGN_IN, "sign_in.send"),
    Route("GET", f"{SIGN_IN}/{{token}}", "sign_in.confirm"),
    Route("POST", f"{SIGN_IN}/{{token}}", "sign_in.finish"),
    Route("POST", "/users/sign_out", "sign_in.leave"),
    Route("DELETE", "/users/sign_out", "sign_in.leave"),
    # A link is all that anybody needs: to sign up, and who has forgotten his password.
    Route("GET", "/users/sign_up", "sign_in.elsewhere"),
    Route("GET", "/users/password/new", "sign_in.elsewhere"),
    Route("GET", "/users/auth/orcid", "orcid_sign_in.start"),
    Route("GET", "/users/auth/orcid/callback", "orcid_sign_in.finish"),
    Route("POST", "/users/auth/orcid/link", "orcid_sign_in.link", "accounts", "U", own=True),
    # One's own account; before that of a name, so that no account can be called "me".
    Route("GET", "/users/me", "account_page.show", "accounts", "R", own=True),
    *(
        Route("POST", f"/users/me/{path}", f"account_page.{function}", resource, action, own=True)
        for path, function, resource, action in (
            ("keys", "create_key", "accounts", "U"),
            ("keys/{prefix}/rotate", "rotate_key", "accounts", "U"),
            ("keys/{prefix}/revoke", "revoke_key", "accounts", "U"),
            ("name", "set_name", "accounts", "U"),
            ("orcid/delete", "unlink_orcid", "accounts", "U"),
            ("reports", "subscribe", "reports", "S"),
            ("publisher", "set_publisher", "account_details", "U"),
            ("password", "set_password", "account_details", "U"),
            ("password/delete", "remove_password", "account_details", "U"),
        )
    ),
    Route("POST", "/users/me/mail", "mail_change.send", "accounts", "U", own=True),
    Route("GET", "/users/me/mail/{token}", "mail_change.confirm"),
    Route("POST", "/users/me/mail/{token}", "mail_change.finish", "accounts", "U", own=True),
    # All accounts, and what they ask the API for.
    Route("GET", "/users", "account_list.show", "accounts", "R"),
    Route("GET", "/users/requests", "request_list.show", "api_requests", "R"),
    Route("GET", "/users/{name}", "account_page.elsewhere", "accounts", "R", own=True),
    Route("GET", "/users/{name}/edit", "account_page.elsewhere", "accounts", "R", own=True),
    Route("POST", "/users/{name}", "account_list.change", "accounts", "U"),
    Route("POST", "/users/{name}/delete", "account_list.delete", "accounts", "D"),
    Route(
        *("POST", "/users/{name}/keys/{prefix}/revoke", "account_list.revoke_key"),
        *("accounts", "U"),
    ),
)


def serve(request: Request) -> Answer:
    """``/users`` and all below it."""
    return answers.private(_serve(request))


def address(request: Request) -> str:
    """The address of the site's start for links that leave it, without a slash at its end.

    It does not come from the caller, who could have links sent that lead to him: it is
    LAGOTTO_SITE_URL, or else the domain of the gateway. Errors: ConfigurationError without both.
    """
    if site := settings.load().site_url:
        return site
    if not request.domain:
        raise ConfigurationError(
            "LAGOTTO_SITE_URL is not set: set it in .chalice/config.json to the address of the "
            "site's start, such as https://metrics.example.org, and deploy."
        )
    root = f"/{request.stage}" if ".execute-api." in request.domain else ""
    return f"https://{request.domain}{root}"


def failed(request: Request, session: Session | None, error: RequestError) -> Answer:
    """What an error makes: a page that says it, or JSON for programs that ask for it."""
    if asks_for_json(request):
        return answers.private(answers.failure(request, error, "other"))
    message = error.message
    if isinstance(message, Mapping):
        message = "; ".join(f"{name} {text}" for name, texts in message.items() for text in texts)
    retry = f'<p><a href="{request.root}{SIGN_IN}">Sign in</a></p>' if session is None else ""
    body = f'<h1>That did not work</h1><p class="error">{markup.text(message)}</p>{retry}'
    headers = answers.retry_after(error)
    return _page(request, session, "That did not work", body, error.status, headers)


def server_error(request: Request) -> Answer:
    """What is answered after an error that nobody foresaw."""
    text = answers.SERVER_ERROR if asks_for_json(request) else BROKEN
    return failed(request, None, RequestError(text, status=500))


def asks_for_json(request: Request) -> bool:
    """Whether a program is calling that reads no pages."""
    accept = request.headers.get("accept", "")
    return "json" in accept and "text/html" not in accept


def tell_operator(request: Request, error: LagottoError) -> None:
    """Leave an alert of what only the operator can put right."""
    from chalicelib.store import alerts
    from chalicelib.store.alerts import Alert

    alert = Alert(
        class_name=type(error).__name__,
        message=str(error),
        status=503,
        target_url=request.loggable_path,
    )
    alerts.put(alert, dt.datetime.now(dt.UTC))


def _serve(request: Request) -> Answer:
    if request.method == "OPTIONS":
        return answers.no_page(request)
    verb = "GET" if request.method == "HEAD" else request.method
    path = request.path.rstrip("/")
    path = path[path.find(_PREFIX) :]
    for route in ROUTES:
        names = route.match(path) if route.method == verb else None
        if names is not None:
            return _visit(request, route, names)
    return answers.no_page(request)


def _visit(request: Request, route: Route, names: dict[str, str]) -> Answer:
    session = None
    try:
        reading = request.method in _READING
        params = (
            query.parameters("GET", {}, request.query)
            if reading
            else query.form(request.headers, request.body)
        )
        session = sessions.find(request)
        if not route.allows(session.account.role if session else abilities.ANONYMOUS):
            return _refused(request, session)
        if not reading and not _is_ours(request, session, params):
            raise RequestError(FOREIGN_FORM, status=403)
        module, _, function = route.function.rpartition(".")
        answer: Answer = getattr(importlib.import_module(f"chalicelib.{module}"), function)(
            Visit(request, session, params, names)
        )
        return answer
    except RequestError as error:
        return failed(request, session, error)
    except AccountChanged as error:
        return failed(request, session, RequestError(str(error), status=409))
    except ConfigurationError as error:
        tell_operator(request, error)
        return failed(request, session, RequestError(NOT_SET_UP, status=503))


def _page(
    request: Request,
    session: Session | None,
    title: str,
    body: str,
    status: int,
    headers: Mapping[str, str] | None,
    style: str = "",
) -> Answer:
    name = session.account.name if session else ""
    html = layout.page(title, body, root=request.root, signed_in_as=name, style=style)
    return answers.private_page(request, html, status, headers)


def _refused(request: Request, session: Session | None) -> Answer:
    """Programs hear 401; people are sent to sign in, or to the start if they are signed in."""
    accept = request.headers.get("accept", "")
    reading = request.method in _READING
    if asks_for_json(request) or ("text/html" not in accept and not reading):
        return answers.failure(request, RequestError(NOT_AUTHORIZED, status=401), "other")
    if session is not None:
        return answers.redirect(request, "/")
    if not reading:  # nothing is there to come back to
        return answers.redirect(request, SIGN_IN, 303)
    back = quote(request.path[request.path.find(_PREFIX) :], safe="")
    return answers.redirect(request, f"{SIGN_IN}?return_to={back}")


def _is_ours(request: Request, session: Session | None, params: Mapping[str, str]) -> bool:
    """Whether a form was sent from a page of this site, and of this session if there is one."""
    if origins.is_foreign(request):
        return False
    token = params.get(FORM_FIELD) or request.headers.get(FORM_HEADER, "")
    return session is None or session.allows(token)
