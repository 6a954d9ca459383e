"""Measurements in processes of their own: nothing imported, cached or connected before."""

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from typing import Any, TypeVar

Result = TypeVar("Result")


def run(measure: Callable[..., Result], *arguments: Any) -> Result:
    """What a function of a module gives in a fresh process. Errors: those of the function."""
    return run_all([(measure, *arguments)], at_once=1)[0]


def run_all(calls: Sequence[tuple[Any, ...]], *, at_once: int) -> list[Any]:
    """The same of several calls (function, arguments …), in their order."""
    pool = ProcessPoolExecutor(
        at_once, mp_context=multiprocessing.get_context("spawn"), max_tasks_per_child=1
    )
    with pool:
        futures: list[Future[Any]] = [pool.submit(*call) for call in calls]
        try:
            return [future.result() for future in futures]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
