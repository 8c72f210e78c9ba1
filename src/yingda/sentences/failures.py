"""Sentences about what went wrong, by the kind of failure."""

from collections.abc import Mapping

from yingda.sentences.base import Sentence

FAILURES: Mapping[str, Sentence] = {
    # Failures, by kind
    "failed_busy": Sentence(
        "现在问的人太多了，请过一会儿{retry}。",
        "Too many people are asking right now. Please {retry} shortly.",
    ),
    "failed_quota": Sentence(
        "AI 的用量已经用完，请稍后再试，或告诉公众号的运营者。",
        "The AI's quota is used up. Please try later, or tell the owner of this account.",
    ),
    "failed_timeout": Sentence(
        "这个问题想得太久，没能答出来。请{retry}，或换个简单些的问法。",
        "That took too long and no answer came. Please {retry}, or put it more simply.",
    ),
    "failed_unavailable": Sentence(
        "AI 服务暂时连不上，请过一会儿{retry}。",
        "The AI cannot be reached right now. Please {retry} shortly.",
    ),
    "failed_configuration": Sentence(
        "AI 服务还没有配置好，请告诉公众号的运营者。",
        "The AI is not set up correctly. Please tell the owner of this account.",
    ),
    "failed_refused": Sentence(
        "这个问题不方便回答，换个问题吧。", "I cannot answer that. Please ask something else."
    ),
    "failed_conversation_reset": Sentence(
        "之前的对话已失效，请{retry}，我们从头开始。",
        "The earlier conversation was lost. Please {retry} and we start afresh.",
    ),
    "failed_incomplete": Sentence(
        "（回答到这里中断了，并不完整。可以{retry}。）",
        "(The answer broke off here and is not complete. You may {retry}.)",
    ),
    # The same, where nothing stands before it
    "failed_before_text": Sentence(
        "回答还没写出来就中断了，请{retry}。",
        "The answer broke off before it began. Please {retry}.",
    ),
    "failed_empty": Sentence(
        "AI 这次没有给出内容，请{retry}，或换个问法。",
        "The AI gave no answer this time. Please {retry}, or try other words.",
    ),
    "failed_person": Sentence(
        "这个问题要由工作人员处理，AI 答不了。请等他们联系你，或换个问题。",
        "A person has to deal with that; the AI cannot. Please wait for them, or ask another.",
    ),
    "failed_picture": Sentence(
        "这张图片没能看成，请重新发一次，或用文字描述一下。",
        "That picture could not be looked at. Please send it again, or describe it in words.",
    ),
    "failed_voice": Sentence(
        "这段语音没能听清，请再说一次，或发文字给我。",
        "That recording could not be understood. Please try again, or send text.",
    ),
    "failed_internal": Sentence(
        "这个问题没能答出来，请{retry}。", "That question could not be answered. Please {retry}."
    ),
    "cancelled": Sentence("这个问题已经取消。", "That question was cancelled."),
}
