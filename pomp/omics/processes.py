"""Omics types selected side by side, each in a process of its own."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess

from pomp.config import OmicsConfig
from pomp.errors import PompError, TrainingError
from pomp.interrupts import deaf_children
from pomp.omics.forest.threads import limit_threads, threads_of_trees
from pomp.omics.training_rows import TrainingRows
from pomp.omics.type_selection import TypeSelection, select_genes

HEARTBEAT_SECONDS = 0.25
"""How often the caller hears that the processes still work, and can stop them."""

CONTEXT = multiprocessing.get_context("spawn")


def select_side_by_side(
    types: Sequence[TrainingRows],
    config: OmicsConfig,
    seed: int,
    workers: int,
    tell: Callable[[str], None],
    beat: Callable[[], None],
) -> list[TypeSelection]:
    """`select_genes` of every type, at most `workers` at a time; the same bits as one after the other.

    The processes are spawned, so a script that gets here needs `if __name__ == "__main__":` around its own work.

    Args:
        tell: called here with each step of each process.
        beat: called here about four times a second. What it raises ends all processes at once.

    Raises:
        TrainingError: as `select_genes`, or a process died.
    """
    found: dict[int, TypeSelection] = {}
    waiting = list(enumerate(types))
    with _ended_at_last() as running:
        while waiting or running:
            while waiting and len(running) < workers:
                place, rows = waiting.pop(0)
                listening, process = _start(rows, config, seed, max(threads_of_trees() // workers, 1))
                running[listening] = place, process
            ready = wait(list(running), HEARTBEAT_SECONDS)
            for listening in [each for each in running if each in ready]:
                place = running[listening][0]
                message = _receive(listening, types[place].name)
                if isinstance(message, str):
                    tell(message)
                    continue
                found[place] = message
                running.pop(listening)[1].join()
            beat()
    return [found[place] for place in range(len(types))]


def _start(rows: TrainingRows, config: OmicsConfig, seed: int, threads: int) -> tuple[Connection, SpawnProcess]:
    listening, speaking = CONTEXT.Pipe(duplex=False)
    process = CONTEXT.Process(target=_work, args=(speaking, rows, config, seed, threads), daemon=True)
    with deaf_children():
        process.start()
    speaking.close()  # its only other end is now the child's: when that dies, `listening` reports the end
    return listening, process


def _work(speaking: Connection, rows: TrainingRows, config: OmicsConfig, seed: int, threads: int) -> None:
    """Runs in the child: steps as text, then the selection or the error."""
    limit_threads(threads)
    try:
        speaking.send(select_genes(rows, config, seed, speaking.send))
    except PompError as error:
        speaking.send(error)


def _receive(listening: Connection, omics: str) -> str | TypeSelection:
    try:
        message: str | TypeSelection | PompError = listening.recv()
    except (EOFError, OSError):
        raise TrainingError(
            f"Omics type '{omics}': the process that chose its genes ended before it was done, perhaps for want of "
            "memory. The program's error output says more; with one worker, types are taken one after the other."
        ) from None
    if isinstance(message, PompError):
        raise message
    return message


@contextmanager
def _ended_at_last() -> Iterator[dict[Connection, tuple[int, SpawnProcess]]]:
    """Running processes by the connection they report on; whatever happens, none outlives the block."""
    running: dict[Connection, tuple[int, SpawnProcess]] = {}
    try:
        yield running
    finally:
        for _, process in running.values():
            process.terminate()
            process.join()
