"""Working ahead (并行处理): the next pieces are worked on by other threads while the last one is taken."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Piece = TypeVar("Piece")
Result = TypeVar("Result")


def ahead(work: Callable[[Piece], Result], pieces: Iterable[Piece], threads: int) -> Iterator[Result]:
    """`work` on each piece, in order; at most `threads` pieces are worked on before they are asked for."""
    if threads == 1:
        yield from map(work, pieces)
        return
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[Result]] = deque()
        try:
            for piece in pieces:
                waiting.append(pool.submit(work, piece))
                if len(waiting) > threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for each in waiting:
                each.cancel()


def fetched(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """The pieces, none of them None, the next of which is fetched by another thread while one is worked on."""
    source: Iterator[Piece] = iter(pieces)
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(lambda: next(source, None))
        while (piece := coming.result()) is not None:
            coming = pool.submit(lambda: next(source, None))
            yield piece
