"""What of an answer is read aloud."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yingda.delivery.spoken import spoken

URL = "https://a.example/x?y=1"


@pytest.mark.parametrize(
    ("answer", "heard"),
    [
        ("好的，**这是**回答。", "好的，这是回答。"),
        ("# 标题\n\n- 一\n- [x] 二\n\n> 引用", "标题\n一\n二\n引用"),
        (f"看[这里]({URL})，或 {URL} 。", "看这里，或 。"),
        (f"如图：![图]({URL})\n\n完。", "如图：\n完。"),
        (f"见下（{URL}）。", "见下。"),
        ("运行 `pip` 即可：\n\n```sh\npip install x\n```\n\n好了。", "运行 pip 即可：\n好了。"),
        ("| 名 | 值 |\n|---|---|\n| 甲 | 1 |", "名\n值\n甲\n1"),
        ("一<br>二 <b>三</b>", "一二 三"),
        ("```\nonly code\n```", ""),
        (f"![图]({URL})", ""),
        ("……", ""),
        ("", ""),
    ],
)
def test_words_are_read_aloud_and_marks_addresses_and_code_are_not(answer: str, heard: str) -> None:
    assert spoken(answer, 500) == heard


@pytest.mark.parametrize(
    ("answer", "limit_chars", "heard"),
    [
        ("第一句。第二句。第三句。", 9, "第一句。第二句。"),
        ("他说：“好。”然后走了。", 8, "他说：“好。”"),
        ("Pi is 3.14 now. More to come here", 20, "Pi is 3.14 now."),
        ("没有标点的一长串文字", 4, "没有标点"),
    ],
)
def test_a_long_text_ends_with_a_sentence(answer: str, limit_chars: int, heard: str) -> None:
    assert spoken(answer, limit_chars) == heard


@given(st.text(alphabet="好。a. \n*`[](!#-|<>:/", max_size=200), st.integers(1, 50))
def test_nothing_is_ever_longer_than_its_limit(answer: str, limit_chars: int) -> None:
    assert len(spoken(answer, limit_chars)) <= limit_chars
