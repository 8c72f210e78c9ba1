"""Which pictures an answer names."""

import pytest

from yingda.delivery.pictures import pictures_in

A, B = "https://a.example/1.png", "http://b.example/2.jpg?sign=x%2Fy&t=1"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (f"看：![图]({A})", (A,)),
        (f"![]({A})\n\n说明\n\n![乙]({B} '题')", (A, B)),
        (f"- 一 ![图]({B})\r\n- 二 ![图]({A})", (B, A)),
        (f"| 图 |\n|---|\n| ![图]({A}) |", (A,)),
        (f"[![图]({A})](https://else.example/)", (A,)),
        (f"![图][1]\n\n[1]: {A}", ()),
        (f"![图]({A}) ![图]({B}) ![图]({A})", (A, B)),
        (f"`![图]({A})`", ()),
        (f"```\n![图]({A})\n```", ()),
        (f'<img src="{A}">', ()),
        (f"[链接]({A})，{A}", ()),
        ("![图](data:image/png;base64,AAAA)", ()),
        ("![图](/files/1.png) ![图](file:///etc/passwd) ![图]()", ()),
        (f"![没写完]({A}", ()),
        ("", ()),
    ],
)
def test_pictures_are_found_where_an_answer_shows_them(
    answer: str, expected: tuple[str, ...]
) -> None:
    assert pictures_in(answer, 9) == expected


def test_of_many_pictures_the_first_ones_count() -> None:
    answer = "".join(f"![图](https://a.example/{n}.png)\n\n" for n in range(9))
    assert pictures_in(answer, 3) == tuple(f"https://a.example/{n}.png" for n in range(3))
    assert pictures_in(answer, 0) == ()
