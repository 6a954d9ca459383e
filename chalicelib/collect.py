"""Asking one source about many works: in batches, stopping where going on is useless.

One bad work never fails the others: a batch that a provider refuses is halved until the
culprit stands alone.
"""

import dataclasses
from collections.abc import Callable, Sequence

from chalicelib.errors import Malformed, RateLimited, Rejected, SourceError, Unavailable
from chalicelib.model import Result, Work
from chalicelib.source import Client, Source

#: Statuses by which a provider may mean a single identifier of a batch.
PERHAPS_ONE_WORK = frozenset({400, 404, 409, 413, 414, 422})
#: After so many refused or unreadable answers in a row the rest is not asked.
FAILURES_IN_A_ROW = 3
#: A provider that is down so often in a row is down for the rest, too. Once may be one work.
UNAVAILABLE_IN_A_ROW = 2
#: A batch needs about its timeout; with less time left it goes back to the queue.
SPARE_SECONDS = 15
#: A function that sleeps is paid for.
LONGEST_WAIT_SECONDS = 20


@dataclasses.dataclass(slots=True)
class Collected:
    """What asking came to, by work key.

    ``left`` were not answered and should be asked again; ``stopped_by`` is the error that
    left them (None: the time was up, or nothing is left).
    """

    results: dict[str, Result] = dataclasses.field(default_factory=dict)
    failed: dict[str, SourceError] = dataclasses.field(default_factory=dict)
    left: list[str] = dataclasses.field(default_factory=list)
    stopped_by: SourceError | None = None


def collect(
    source: Source,
    works: Sequence[Work],
    client: Client,
    seconds_left: Callable[[], float],
    wait_seconds: Callable[[], float] = lambda: 0.0,
    batch_size: int | None = None,
) -> Collected:
    """Ask a source about works that it applies to.

    ``wait_seconds`` tells how long the source's pace makes the next call wait: a long wait
    is spent in the queue, which costs nothing. ``batch_size`` if it is not the source's own.
    """
    batch_size = batch_size or source.batch_size
    collected = Collected()
    waiting = [works[start : start + batch_size] for start in range(0, len(works), batch_size)][
        ::-1
    ]
    in_a_row = down = 0
    tried = False
    while waiting:
        batch = waiting.pop()
        waits = wait_seconds()
        needed = waits + source.timeout_seconds + SPARE_SECONDS
        # The first is always tried: a job that was put back untouched would come at once again.
        if tried and (waits > LONGEST_WAIT_SECONDS or seconds_left() < needed):
            _leave(collected, [batch, *waiting])
            break
        tried = True
        try:
            outcomes = source.collect(batch, client)
        except RateLimited as error:
            collected.stopped_by = error
            _leave(collected, [batch, *waiting])
            break
        except Unavailable as error:
            collected.stopped_by = error
            _leave(collected, [batch])
            down += 1
            if down >= UNAVAILABLE_IN_A_ROW:
                _leave(collected, waiting)
                break
            continue
        except (Rejected, Malformed) as error:
            in_a_row += 1
            if _splits(error, batch) and in_a_row <= batch_size.bit_length():
                middle = len(batch) // 2
                waiting += [batch[middle:], batch[:middle]]
                continue
            _fail(collected, [batch], error)
            if _hopeless(error) or (in_a_row >= FAILURES_IN_A_ROW and not collected.results):
                collected.stopped_by = error
                _fail(collected, waiting, error)
                break
            continue
        in_a_row = down = 0
        for key, outcome in outcomes.items():
            if isinstance(outcome, SourceError):
                collected.failed[key] = outcome
            else:
                collected.results[key] = outcome
    return collected


def _splits(error: SourceError, batch: Sequence[Work]) -> bool:
    return isinstance(error, Rejected) and error.status in PERHAPS_ONE_WORK and len(batch) > 1


def _hopeless(error: SourceError) -> bool:
    return isinstance(error, Rejected) and error.status in (401, 403)


def _leave(collected: Collected, batches: Sequence[Sequence[Work]]) -> None:
    collected.left += [work.key for batch in batches for work in batch]


def _fail(collected: Collected, batches: Sequence[Sequence[Work]], error: SourceError) -> None:
    collected.failed.update({work.key: error for batch in batches for work in batch})
