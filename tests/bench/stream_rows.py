"""The provider's streams: what an event costs, beside a bare reader of the same streams."""

from typing import Any

from bench.children import part
from bench.report import Judge, Row
from bench.stats import median, spread

_STREAMS, _EVENTS_PER_S, _SPAN_S, _REPEATS = 1000, 20, 5.0, 3


def _read(kind: str, port: int) -> dict[str, Any]:
    with part("stream_reader", kind, port, _STREAMS, _SPAN_S, is_measured=True) as reader:
        result: dict[str, Any] = reader.hear()
        return result


def stream(details: dict[str, object]) -> list[Row]:
    """A thousand streams of twenty events a second each, by us and by the bare reader in turns."""
    runs = _in_turns("dify", "dify", "aiohttp", "raw")
    openai_runs = _in_turns("openai", "openai", "openai-raw")
    details["stream"] = runs | openai_runs
    return [*_dify_rows(runs), *_openai_rows(openai_runs)]


def _in_turns(api: str, *kinds: str) -> dict[str, list[dict[str, Any]]]:
    """What each kind of reader made of the streams of this API."""
    runs: dict[str, list[dict[str, Any]]] = {kind: [] for kind in kinds}
    with part("sse_stub", _EVENTS_PER_S, api) as stub:
        port = stub.hear()
        for _ in range(_REPEATS):
            for kind, kept in runs.items():
                kept.append(_read(kind, port))
    return runs


def _openai_rows(runs: dict[str, list[dict[str, Any]]]) -> list[Row]:
    ours, raw = runs["openai"], runs["openai-raw"]
    rates = [run["events"] / run["cpu_s"] for run in ours]
    use = [100 * _STREAMS * _EVENTS_PER_S / rate for rate in rates]
    return [
        Row(
            name="stream",
            what="chunks of 1000 chat completions, per second of processor",
            ours=median(rates),
            unit="/s",
            limit=median([run["events"] / run["cpu_s"] for run in raw]),
            limit_name="raw reader",
            judge=Judge.AT_LEAST,
            bar=0.4,
            bar_is_ratio=True,
            spread=spread(rates),
        ),
        Row(
            name="stream",
            what="1000 chat completions of 20 chunks/s, share of a core",
            ours=median(use),
            unit="%",
            judge=Judge.AT_MOST,
            bar=50,
            spread=spread(use),
        ),
        Row(
            name="stream",
            what="memory of a chat completion",
            ours=median([run["kb_per_stream"] for run in ours]),
            unit="KB",
        ),
    ]


def _dify_rows(runs: dict[str, list[dict[str, Any]]]) -> list[Row]:
    ours, raw = runs["dify"], runs["raw"]
    rates = [run["events"] / run["cpu_s"] for run in ours]
    # As much as was meant to come in a second: a reader that lags would look cheap.
    use = [100 * _STREAMS * _EVENTS_PER_S / rate for rate in rates]
    return [
        Row(
            name="stream",
            what="events of 1000 streams, per second of processor",
            ours=median(rates),
            unit="/s",
            limit=median([run["events"] / run["cpu_s"] for run in raw]),
            limit_name="raw reader",
            judge=Judge.AT_LEAST,
            bar=0.4,
            bar_is_ratio=True,
            spread=spread(rates),
        ),
        Row(
            name="stream",
            what="the same beside the HTTP library alone",
            ours=median(rates),
            unit="/s",
            limit=median([run["events"] / run["cpu_s"] for run in runs["aiohttp"]]),
            limit_name="bare aiohttp",
            spread=spread(rates),
        ),
        Row(
            name="stream",
            what="1000 streams of 20 events/s, share of a core",
            ours=median(use),
            unit="%",
            judge=Judge.AT_MOST,
            bar=50,
            spread=spread(use),
        ),
        Row(
            name="stream",
            what="lag of an event, p99",
            ours=median([run["lag_p99_ms"] for run in ours]),
            unit="ms",
            limit=median([run["lag_p99_ms"] for run in raw]),
            limit_name="raw reader",
        ),
        Row(
            name="stream",
            what="memory of a stream",
            ours=median([run["kb_per_stream"] for run in ours]),
            unit="KB",
        ),
    ]
