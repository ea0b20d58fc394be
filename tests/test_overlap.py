import threading
import time

import pytest

from pycalfin.overlap import AHEAD, AT_ONCE, overlapped


@pytest.mark.parametrize("threads", [1, 2, 8])
def test_results_come_in_order_whichever_ends_first(threads: int) -> None:
    def slow_first(number: int) -> int:
        if number % 2 == 0:
            time.sleep(0.01)
        return number**2

    assert list(overlapped(slow_first, range(20), threads)) == [n**2 for n in range(20)]


def test_two_items_are_in_work_at_once() -> None:
    meet = threading.Barrier(2, timeout=20)
    assert list(overlapped(lambda _: meet.wait() >= 0, range(4), threads=2)) == [True] * 4


def test_one_thread_is_the_caller_s() -> None:
    idents = set(overlapped(lambda _: threading.get_ident(), range(4), threads=1))
    assert idents == {threading.get_ident()}


def test_items_are_read_only_a_little_further_than_results() -> None:
    taken: list[int] = []

    def items():
        for number in range(1000):
            taken.append(number)
            yield number

    results = overlapped(abs, items(), threads=2)
    next(results)
    assert len(taken) <= AT_ONCE + AHEAD
    results.close()


def test_after_an_error_nothing_more_is_begun() -> None:
    begun: list[int] = []

    def fail_at_three(number: int) -> int:
        begun.append(number)
        if number == 3:
            raise RuntimeError("three")
        return number

    with pytest.raises(RuntimeError, match="three"):
        list(overlapped(fail_at_three, range(1000), threads=2))
    assert len(begun) <= 3 + AT_ONCE + AHEAD + 1
