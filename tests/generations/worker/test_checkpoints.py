from generations.worker.checkpoints import LARGE, LARGE_INTERVAL, _Saved
from generations.worker.reaper import _Known
from generations.worker.types import Snapshot

NOW = 1000.0


def is_old(saved: tuple[int, int], length: int, *, age: float = 1.5) -> bool:
    return _Saved(saved, NOW - age).is_old(Snapshot("x" * length, ""), NOW)


def test_a_short_text_is_saved_whenever_it_has_changed() -> None:
    assert is_old((10, 0), 11)
    assert is_old((11, 0), 10)
    assert not is_old((11, 0), 11, age=3600)


def test_a_large_text_is_saved_once_it_has_grown_by_an_eighth_or_after_a_while() -> None:
    assert not is_old((LARGE, 0), LARGE + 1)
    assert is_old((LARGE, 0), LARGE + 1, age=LARGE_INTERVAL)
    assert is_old((LARGE, 0), LARGE + LARGE // 4)
    assert is_old((2 * LARGE, 0), LARGE)


def test_an_answer_is_written_a_few_times_over_at_most() -> None:
    saved, written, length = _Saved((0, 0), 0.0), 0, 0
    for step in range(400):
        length += 2_500
        snapshot, now = Snapshot("x" * length, ""), step * 0.1
        if saved.is_old(snapshot, now):
            saved, written = _Saved(snapshot.size, now), written + length

    assert written <= 14 * length


def test_a_text_is_put_together_from_its_pieces() -> None:
    known = _Known("from the ")

    for text, offset in (("from ", 0), ("the check", 5), ("point", 14), ("missing", 30), ("point on", 14)):
        known.add(text, offset)

    assert (known.text, len(known)) == ("from the checkpoint on", 22)
