"""Titles: five tags stay, text is never lost, entities are left alone."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.titles import as_html, as_text, sanitise


@pytest.mark.parametrize(
    ("title", "sanitised"),
    [
        ("Alpha & Omega &amp; > x", "Alpha & Omega &amp; > x"),
        ("<italic>Test</italic>", "Test"),
        ("<b>a</b><i>b</i><sc>c</sc><sub>d</sub><sup>e</sup>",) * 2,
        ("<B>x</B>", "<b>x</b>"),
        ('<i class="x" onclick="y()">E. coli</i>', "<i>E. coli</i>"),
        ("<em>x</em> <a href='http://example.org/'>y</a>", "x y"),
        ("<script>alert(1)</script>Safe", "Safe"),
        ("<SCRIPT type=a>alert(1)</SCRIPT >Safe", "Safe"),
        ("p < 0.05", "p &lt; 0.05"),
        ("x <0.05 and y>2", "x &lt;0.05 and y>2"),
        ("x<y and z", "x&lt;y and z"),
        ("<i>a</i> & b &amp; &eacute; &lt;b&gt;", "<i>a</i> & b &amp; &eacute; &lt;b&gt;"),
        ("<i>a</i> &amp;lt;", "<i>a</i> &amp;lt;"),
        ("<i>a</i>\N{NO-BREAK SPACE}b", "<i>a</i>\N{NO-BREAK SPACE}b"),
        ("<i>open", "<i>open</i>"),
        ("</i>closed", "closed"),
        ("<mml:math><mml:mi>β</mml:mi></mml:math> decay", "β decay"),
        ("<math><mi>β</mi></math> decay", "β decay"),
        ("<svg><title>t</title></svg>", "t"),
        ("<table><tr><td>x</td></tr></table>", "x"),
        ("<textarea><b>x</b></textarea>", "<b>x</b>"),
        ("<style>a</style>b", "ab"),
        ("<big>x</big><small>y</small><sup >2</sup>", "xy<sup>2</sup>"),
        ("a <!-- note --> b", "a  b"),
        ("<scr<script>x</script>ipt>y", "&lt;script>y"),
    ],
)
def test_sanitise(title: str, sanitised: str) -> None:
    assert sanitise(title) == sanitised


MARKUP = """< > <b> </b> <sub> </sub> <script> </script> <!-- --> <i </i> &lt; &#60; & ' " />
<p> <math> <svg> <![CDATA[ ]]> <table> <select> <template> <plaintext> <? <b <a="""

HTML = st.lists(
    st.one_of(
        st.sampled_from(MARKUP.split()),
        st.text(max_size=4),
    ),
    max_size=12,
).map("".join)


@given(HTML)
@example("<table><b><tr>")
def test_only_allowed_tags_remain_and_a_second_time_changes_nothing(title: str) -> None:
    sanitised = sanitise(title)
    if "<" in title:
        assert not re.sub(r"</?(?:b|i|sc|sub|sup)>", "", sanitised).count("<")
    assert sanitise(sanitised) == sanitised


@given(st.text(alphabet=st.characters(blacklist_characters="<")))
def test_text_without_tags_is_unchanged(title: str) -> None:
    assert sanitise(title) == title


@pytest.mark.parametrize(
    ("title", "html", "text"),
    [
        ("A & B", "A &amp; B", "A & B"),
        ("A &amp; B &lt; C", "A &amp; B &lt; C", "A & B < C"),
        ("&amp;lt;b&amp;gt;", "&amp;lt;b&amp;gt;", "&lt;b&gt;"),
        ("<i>E. coli</i> H<sub>2</sub>", "<i>E. coli</i> H<sub>2</sub>", "E. coli H2"),
        ("<script>x</script><i class=a>", "&lt;script&gt;x&lt;/script&gt;&lt;i class=a&gt;", None),
        ('a\x00\ud800b "c"', "ab &quot;c&quot;", None),
        ("&copy; &#60;b&#62;", "&amp;copy; &amp;#60;b&amp;#62;", "&copy; &#60;b&#62;"),
    ],
)
def test_titles_in_pages_and_as_text(title: str, html: str, text: str | None) -> None:
    assert as_html(title) == html
    assert text is None or as_text(title) == text


@given(HTML)
def test_pages_get_no_tags_but_those_of_titles(title: str) -> None:
    assert "<" not in re.sub(r"</?(?:b|i|sc|sub|sup)>", "", as_html(sanitise(title)))
