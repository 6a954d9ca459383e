"""Pages of lists in buckets: what is skipped is not read, whatever the counters say."""

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.paging import Listing, page, walk

Contents = dict[str, list[str]]

contents = st.lists(st.integers(0, 9), max_size=6).map(
    lambda sizes: {
        str(bucket): [f"{bucket}-{row}" for row in range(size)] for bucket, size in enumerate(sizes)
    }
)


def listing(rows: Contents, read: list[str] | None = None, wrong: int = 0) -> Listing:
    def rows_of(bucket: str, limit: int | None) -> list[str]:
        if read is not None:
            read.append(bucket)
        return rows[bucket][:limit]

    return Listing([(bucket, len(keys) + wrong) for bucket, keys in rows.items()], rows_of)


def flat(*lists: Contents) -> list[str]:
    return [key for rows in lists for keys in rows.values() for key in keys]


@given(contents, contents, st.integers(0, 60), st.integers(1, 20))
def test_a_page_is_a_slice_of_all_rows(one, other, offset, size):
    listings = [listing(one), listing({f"x{name}": keys for name, keys in other.items()})]
    expected = flat(one, other)
    assert sum(part.total for part in listings) == len(expected)
    assert list(walk(listings)) == expected
    assert page(listings, offset, size) == expected[offset : offset + size]


def test_skipped_buckets_are_not_read():
    read: list[str] = []
    rows = {name: [f"{name}{row}" for row in range(10)] for name in "abcdef"}
    assert page([listing(rows, read)], 25, 10) == [*rows["c"][5:], *rows["d"][:5]]
    assert read == ["c", "d"]


@given(contents, st.integers(0, 60), st.integers(1, 20), st.integers(-2, 3))
def test_counters_that_are_wrong_do_no_harm(rows, offset, size, wrong):
    keys = page([listing(rows, wrong=wrong)], offset, size)
    assert len(keys) == len(set(keys)) <= size
    assert set(keys) <= set(flat(rows))
