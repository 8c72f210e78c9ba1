"""Sentences about what is sent besides text: what the AI is asked, and what the follower reads.

The AI reads `question_…` and the lines below it in the follower's place.
"""

from collections.abc import Mapping

from yingda.sentences.base import Sentence

INPUTS: Mapping[str, Sentence] = {
    # What the AI is asked
    "question_place": Sentence("我发来一个位置。", "I am sending you a place."),
    "place_label": Sentence("地点：{label}", "Place: {label}"),
    "place_point": Sentence(
        "纬度 {latitude}，经度 {longitude}", "Latitude {latitude}, longitude {longitude}"
    ),
    "question_link": Sentence("我分享了一个链接。", "I am sharing a link with you."),
    "question_mini_program": Sentence(
        "我分享了一个小程序页面。", "I am sharing a page of a mini-program with you."
    ),
    "link_title": Sentence("标题：{title}", "Title: {title}"),
    "link_description": Sentence("摘要：{description}", "Description: {description}"),
    "link_url": Sentence("网址：{url}", "Address: {url}"),
    "question_picture": Sentence(
        "请看这张图片，说说里面是什么。", "Please look at this picture and tell me what it shows."
    ),
    # What the follower reads
    "picture_kept": Sentence(
        "图片收到（现有 {count} 张）。想问什么？请在 {minutes} 分钟内发文字给我。",
        "Got it (pictures so far: {count}). What would you like to know? "
        "Please ask within {minutes} minutes.",
    ),
    "heard": Sentence("听到的是：「{question}」", "I heard: “{question}”"),
    "unheard": Sentence("一段语音", "a recording"),
}
