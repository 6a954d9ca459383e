"""The pages of signing in, as HTML. Pure."""

from urllib.parse import quote

from chalicelib import markup


def form(
    action: str,
    form_token: str,
    *,
    return_to: str = "",
    email: str = "",
    problem: str = "",
    orcid: str = "",
) -> str:
    """The form that asks for a mail address; ``orcid`` is where to sign in with ORCID, if at all.

    ``email`` was typed before and is wrong, as ``problem`` says.
    """
    told = f'<p class="error">{markup.text(problem)}</p>' if problem else ""
    kept = (
        f'<input type="hidden" name="return_to" value="{markup.text(return_to)}">'
        if return_to
        else ""
    )
    other = ""
    if orcid:
        address = f"{orcid}?return_to={quote(return_to, safe='')}" if return_to else orcid
        other = f'<p>Or: <a href="{markup.text(address)}">sign in with ORCID</a></p>'
    return (
        "<h1>Sign in</h1>"
        "<p>We send you a link by mail: there is no password. Who signs in for the first time "
        "gets an account.</p>"
        f'{told}<form method="post" action="{markup.text(action)}">{form_token}{kept}'
        '<p><label for="email">Mail address</label>'
        f'<input id="email" name="email" type="email" value="{markup.text(email)}" '
        'autocomplete="email" maxlength="254" required autofocus></p>'
        f'<p><button type="submit">Send me a link</button></p></form>{other}'
    )


def sent(mail: str, minutes: int, links: int) -> str:
    """What is shown after a link was asked for, whether or not there is an account."""
    return (
        "<h1>Look into your mail</h1>"
        f'<p class="notice">A link to sign in goes to <b>{markup.text(mail)}</b>. It works once, '
        f"within {minutes} minutes.</p>"
        "<p>It does not come? Look among the unwanted mail too, and check the address. Within "
        f"{minutes} minutes at most {links} links are sent to an address.</p>"
    )


def confirm(action: str, form_token: str, mail: str) -> str:
    """The button that uses a link up."""
    return (
        f'<h1>Sign in</h1><form method="post" action="{markup.text(action)}">{form_token}'
        f'<p><button type="submit">Sign in as {markup.text(mail)}</button></p></form>'
        '<p class="muted">That is not you? Then close this page.</p>'
    )
