"""Measurements in processes of their own: nothing imported, cached or connected before."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any


def end_with_this_process() -> None:
    """Let those processes end, and clean up after themselves, when this one is asked to."""

    def end(*_: object) -> None:
        for process in multiprocessing.active_children():
            if process.pid:
                os.kill(process.pid, signal.SIGINT)
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)


def run(measure: Callable[..., Any], *arguments: Any) -> Any:
    """What a function of a module gives in a fresh process. Errors: those of the function."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        return process.submit(measure, *arguments).result()


def run_all(calls: Sequence[tuple[Any, ...]], *, at_once: int) -> list[Any]:
    """The same of several calls (function, arguments …), in their order."""
    with ThreadPoolExecutor(at_once) as lanes:
        futures: list[Future[Any]] = [lanes.submit(run, *call) for call in calls]
        try:
            return [future.result() for future in futures]
        except BaseException:
            lanes.shutdown(cancel_futures=True)
            raise
