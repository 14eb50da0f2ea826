import logging

from core.log_lines import LineFormatter

FORGED = "\n2026-11-30 12:00:00,000 INFO accounts: root has signed in"


def formatted(message: str, error: Exception | None = None) -> str:
    record = logging.LogRecord("llmselect", logging.WARNING, "", 0, "HTTP 500: %s", (message,), None)
    if error is not None:
        record.exc_info = (type(error), error, None)
    return LineFormatter("%(levelname)s %(name)s: %(message)s").format(record)


def test_it_escapes_control_characters() -> None:
    line = formatted("\x1b[31mred\x9b0m \r\t \u2028 \u202e \ud800 ä 世")

    assert line == r"WARNING llmselect: HTTP 500: \x1b[31mred\x9b0m \r\t \u2028 \u202e \ud800 ä 世"


def test_a_line_cannot_be_forged() -> None:
    first, second = formatted(f"oh no{FORGED}").split("\n")

    assert first == "WARNING llmselect: HTTP 500: oh no"
    assert second.startswith("  | 2026-11-30")


def test_requests_are_not_logged() -> None:
    logger = logging.getLogger("uvicorn.access")

    assert not logger.propagate
    assert not any(type(handler) is logging.StreamHandler for handler in logger.handlers)


def test_nor_by_the_message_of_an_exception() -> None:
    lines = formatted("oh no", ValueError(f"bad{FORGED}")).split("\n")

    assert all(line.startswith("  | ") for line in lines[1:])
