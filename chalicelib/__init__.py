"""Lagotto: how often scholarly works are viewed, saved, discussed, cited and recommended.

The way of the data, which is also the order to read the package in:

    importer, works        works come in                      (text lines → Work → store)
    schedule, planner      what is due becomes jobs           (shelves → SQS)
    worker                 one job: ask, keep, next           (Source.collect → Result → store)
    feeds                  the same for what is read as a whole (Feed.read → Result → store)
    sources/               one module per provider: facts and a pure parse
    apis/                  what several sources of one provider or protocol share
    source, feed, archive  what a source declares and is given
    client                 the HTTP client a source is handed
    store/                 all that is kept: DynamoDB and S3
    query, articles, lagotto   a request becomes Lagotto's JSON (``lagotto_v3``: that of v3)
    public, oembed, rss    what is answered outside the API, without a key
    article_page, layout   the page of an article, and what all pages share

Beside it:

    api_v4, edits          people with an account write works (submitted → Work → intake)
    abilities              who may do what
    parameters             what a request can say: declared once, read and described by that
    openapi/               the API described, for programs and for people
    users, sessions        the pages of people, and who is signed in there
    sign_in, enrolment     by a link that comes by mail (``mail``, ``mailer``); his account
    account_page, account_list   one's own account, and all of them for staff (account_rules)
    basic, alert_feed      signing in with HTTP Basic; alerts for feed readers of staff
    origins                whether a page of another site has a browser ask

Who may import whom is a table in ``tests/test_layers.py``: sources know nouns, edges
(``client``, ``store``, ``queues``) know one library each, the story (``planner``, ``worker``)
knows both, and only ``app.py`` knows Chalice.
"""

#: The version of this program, which the User-Agent tells.
VERSION = "6.0.0"

#: The version of Lagotto whose API this is, which /heartbeat and /api/v5/status tell: clients
#: choose by it what they may ask.
API_VERSION = "3.9"
