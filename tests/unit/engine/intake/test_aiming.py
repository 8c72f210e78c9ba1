"""When the pickup word is the follower's answer to the AI, and when it is not."""

import pytest

from yingda.engine.intake.aiming import asks_for

CHOICES = [
    "回复 1 继续，回复 2 结束。",
    "请回复数字1或2。",
    "输入“1”开始测试",
    "请选择 1-4",
    "想听下一题请发送１",
    "Reply 1 to go on.",
    "Please reply with 1 or 2.",
    "Type the number 1 to start.",
    "Choose option 1, 2 or 3.",
    "Press 1 for more",
    "下列哪一项是哺乳动物？\n1. 鲸鱼\n2. 鲨鱼\n3. 金枪鱼",
    "第 3 题：以下说法正确的是：\n1、地球绕太阳转\n2、太阳绕地球转",
    "中国的首都是哪里？\n（1）北京\n（2）上海",
    "What is the capital of France?\n1) Paris\n2) London",
    "我可以帮你：\n1. 写一首诗\n2. 讲一个故事\n你想选哪一个？",
    "1. 川菜\n2. 粤菜\n\n请选择：",
    "从下面选一个：\n\n1、苹果\n2、香蕉\n\n请选择你的答案。",
    "1. Poem\n2. Story\n\nWhich one would you like?",
    "Pick one:\n\n1. Red\n2. Green",
]

PLAIN = [
    "",
    "一年有 12 个月。",
    "圆周率约等于 3.1415926。",
    "按下面的步骤做：\n1. 打开设置。\n2. 选择网络。",
    "如何重启路由器？\n1. 拔掉电源。\n2. 等一分钟。\n3. 插上电源。",
    "怎么做？\n1. 打开\n2. 关上",
    "步骤：\n1. 洗菜\n2. 切菜\n\n这样就好了。",
    "要点：\n1. 多喝水\n2. 早睡\n\n还有别的问题吗？",
    "Steps:\n1. Open the settings.\n2. Choose Wi-Fi.",
    "How do I restart it?\n1. Unplug it\n2. Wait",
    "Here are some facts:\n1. Water is wet\n2. Fire is hot\n\nAnything else?",
    "你可以选择一家安静的餐厅。",
    "请输入一段文字。",
    "一次可以发送 100 条消息。",
    "Enter 10 numbers.",
    "You can choose 1.5 litres.",
    "这台机器支持输入 1% 的误差。",
    "Retype1 is a product name.",
    "1. 只有一项",
]


@pytest.mark.parametrize("answer", CHOICES)
def test_a_choice_by_number_makes_the_word_an_answer(answer: str) -> None:
    assert asks_for("1", answer)


@pytest.mark.parametrize("answer", PLAIN)
def test_lists_and_numbers_alone_are_no_choice(answer: str) -> None:
    assert not asks_for("1", answer)


@pytest.mark.parametrize("answer", CHOICES)
def test_another_pickup_word_is_never_the_answer_to_a_choice(answer: str) -> None:
    assert not asks_for("查看", answer)


def test_a_choice_far_from_the_end_is_no_open_one() -> None:
    assert asks_for("1", "回复 1 继续。" + "好" * 500)
    assert not asks_for("1", "回复 1 继续。" + "好" * 700)


@pytest.mark.parametrize("answer", ["1.\n" * 300, "1. a\n" + " \n" * 300, "回复" + " " * 598])
def test_odd_ends_are_decided_too(answer: str) -> None:
    assert asks_for("1", answer) is False
