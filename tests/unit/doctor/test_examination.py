"""All checks in one go, and what is printed of them."""

import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from support.fronts import TOKEN, Answering, front, gateway, is_probe
from support.settings import API_KEY
from yingda.cli.doctor import doctor, exit_status, listed, machine_form
from yingda.clock import SystemClock
from yingda.doctor.address import Spans, Way
from yingda.doctor.base import Findings, Status, Subject
from yingda.doctor.examination import examine
from yingda.doctor.texts import finding
from yingda.simulator.dify_server import DifyServer
from yingda.texts import Language

SPANS = Spans(window_s=2.0, hold_s=0.2)


@pytest.fixture(autouse=True)
def _a_roomy_disk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """How full the disk of this machine is says nothing about the checks."""
    usage = shutil.disk_usage(tmp_path)._replace(free=100 << 30)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)


def environ(folder: Path, **more: str) -> dict[str, str]:
    least = {"YINGDA_WECHAT_TOKEN": TOKEN, "YINGDA_DATA_DIR": str(folder / "data")}
    return {**least, "YINGDA_PROVIDER": "echo", **more}


async def examined(variables: dict[str, str], **options: Any) -> Findings:
    return await examine(variables, Way(clock=SystemClock(), spans=SPANS), **options)


def entries(folder: Path) -> list[Path]:
    return list(folder.iterdir())


def codes(findings: Findings, status: Status) -> list[str]:
    return [each.code for each in findings if each.status is status]


def holding(answer: Answering) -> Answering:
    async def held(request: Any) -> Any:
        if await is_probe(request):
            await SystemClock().sleep(60)
        return await answer(request)

    return held


async def test_everything_that_is_well_is_said_to_be_and_nothing_is_changed(
    tmp_path: Path,
) -> None:
    async with front(holding(gateway)) as url, DifyServer(SystemClock(), api_key=API_KEY) as dify:
        own = {
            "YINGDA_PROVIDER": "dify",
            "YINGDA_DIFY_API_KEY": API_KEY,
            "YINGDA_DIFY_BASE_URL": dify.base_url,
            "YINGDA_PUBLIC_URL": url,
        }
        found = await examined(environ(tmp_path, **own))
    assert codes(found, Status.FAILED) == []
    assert codes(found, Status.WARNING) == ["url_local"]
    assert [each.code for each in found][-5:] == [
        "echo_ok",
        "forged_ok",
        "push_ok",
        "speed_ok",
        "hold_ok",
    ]
    assert exit_status(found) == 0
    assert entries(tmp_path) == []


async def test_settings_that_cannot_be_read_leave_the_address_to_be_reached(
    tmp_path: Path,
) -> None:
    wrong = environ(tmp_path, YINGDA_WECHAT_TOKEN="!", YINGDA_PATIENCE="-1")
    async with front() as url:
        found = await examined(wrong, url=url)
    assert codes(found, Status.FAILED) == ["settings_problem", "settings_problem"]
    assert "reach_ok" in codes(found, Status.OK)
    assert codes(found, Status.SKIPPED).count("settings_unread") == 3
    assert {each.subject for each in found if each.status is Status.FAILED} == {
        "YINGDA_WECHAT_TOKEN",
        "YINGDA_PATIENCE",
    }
    assert exit_status(found) == 78


async def test_a_variable_that_is_not_known_is_a_warning(tmp_path: Path) -> None:
    found = await examined(environ(tmp_path, YINGDA_WECHAT_TOKENS="x"))
    assert codes(found, Status.WARNING) == ["settings_warning"]
    assert exit_status(found) == 0


async def test_the_address_is_skipped_without_one_and_refused_when_it_is_none(
    tmp_path: Path,
) -> None:
    assert "url_unset" in codes(await examined(environ(tmp_path)), Status.SKIPPED)
    found = await examined(environ(tmp_path), url="gate.example")
    assert codes(found, Status.FAILED) == ["url_unusable"]
    assert exit_status(found) == 1


async def test_an_option_wins_over_the_setting_and_may_leave_the_hold_out(tmp_path: Path) -> None:
    async with front() as url:
        own = environ(tmp_path, YINGDA_PUBLIC_URL="https://nobody.invalid")
        found = await examined(own, url=f"{url}/wechat/default", holds=False)
    assert "echo_ok" in codes(found, Status.OK)
    assert "hold_left_out" in codes(found, Status.SKIPPED)


async def test_each_account_is_tried_and_one_hold_is_enough(tmp_path: Path) -> None:
    probes: list[str] = []

    async def both(request: Any) -> Any:
        if await is_probe(request):
            probes.append(request.path)
            await SystemClock().sleep(60)
        return await gateway(request)

    file = tmp_path / "yingda.toml"
    tables = "".join(
        f'[accounts.{name}]\ntoken = "{TOKEN}"\nprovider = "echo"\n' for name in ("default", "shop")
    )
    file.write_text(f'[store]\ndata_dir = "{tmp_path}"\n{tables}')
    async with front(both) as url:
        found = await examined({}, config_path=file, url=url)
    assert [each.subject for each in found if each.code == "push_ok"] == ["default", "shop"]
    assert probes == ["/wechat/default"]


# What is printed


SAMPLE: Findings = (
    finding(Subject.SETTINGS, "settings_ok", "", accounts=1, providers=1),
    finding(Subject.CLOCK, "clock_unknown", ""),
    finding(Subject.ADDRESS, "url_local", "http://localhost", host="localhost"),
    finding(Subject.ADDRESS, "echo_bom", "default"),
)


def test_the_list_is_grouped_marked_and_carries_each_mend() -> None:
    lines = listed(SAMPLE, Language.CHINESE, has_colours=False).splitlines()
    assert lines[0] == "设置"
    assert lines[1].startswith("  ✓ 读到 1 个公众号")
    assert "  ✗ default · echostr 前多了 BOM" in lines
    assert lines[-1] == "1 项故障，1 项提醒。"
    assert sum("怎么办：" in line for line in lines) == 2
    assert any(line.startswith("  – ") for line in lines)
    assert any(line.startswith("  ! ") for line in lines)
    assert listed(SAMPLE[:1], Language.ENGLISH, has_colours=False).endswith("Nothing failed.\n")


def test_only_marks_are_coloured_and_only_when_asked() -> None:
    plain = listed(SAMPLE, Language.ENGLISH, has_colours=False)
    coloured = listed(SAMPLE, Language.ENGLISH, has_colours=True)
    assert "\x1b" not in plain
    assert "\x1b[31m✗\x1b[0m default" in coloured


def test_scripts_get_codes_both_languages_and_the_exit_status() -> None:
    report = json.loads(machine_form(SAMPLE, exit_status(SAMPLE)))
    assert (report["ok"], report["exit_status"]) == (False, 1)
    last = report["findings"][-1]
    assert (last["check"], last["code"], last["status"], last["subject"]) == (
        "address",
        "echo_bom",
        "failed",
        "default",
    )
    assert set(last["said"]) == set(last["mend"]) == {"zh", "en"}
    assert report["findings"][0]["mend"] is None


@pytest.mark.parametrize("as_json", [True, False])
async def test_no_secret_is_ever_printed(*, as_json: bool, tmp_path: Path) -> None:
    screen = io.StringIO()
    async with front() as url:
        status = await doctor(
            environ(tmp_path, YINGDA_WECHAT_APP_SECRET="9c3f1e7ab26d4805"),
            screen,
            Language.ENGLISH,
            config_path=None,
            url=url,
            as_json=as_json,
            holds=False,
        )
    assert status == 0
    assert "echo" in screen.getvalue()
    assert TOKEN not in screen.getvalue()
    assert "9c3f1e7ab26d4805" not in screen.getvalue()
