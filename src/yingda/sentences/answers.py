"""Sentences around an answer: while it is on its way, and beside its parts."""

from collections.abc import Mapping

from yingda.sentences.base import Sentence

ANSWERS: Mapping[str, Sentence] = {
    # While an answer is on its way
    "waiting": Sentence(
        "正在思考，还需要一点时间。稍后回复 {word} 或{link}，就能看到回答。",
        "Still thinking. Send {word} in a moment, or {link}, to see the answer.",
    ),
    "waiting_queued": Sentence(
        "收到。前面还有 {count} 个问题在回答，会按顺序来。稍后回复 {word} 或{link}查看回答。",
        "Got it. Questions ahead of it: {count}. Send {word} later, or {link}, to see the answer.",
    ),
    "waiting_thinking": Sentence(
        "正在思考，已经想了 {seconds} 秒。稍后回复 {word} 或{link}，就能看到回答。",
        "Still thinking, for {seconds} seconds now. Send {word} in a moment, or {link}.",
    ),
    "waiting_writing": Sentence(
        "正在写回答，已经写了 {chars} 个字。稍后回复 {word} 或{link}，就能看到下文。",
        "Still writing, {chars} characters so far. Send {word} in a moment, or {link}, for more.",
    ),
    "waiting_in_line": Sentence(
        "收到。现在提问的人比较多，前面最多还有 {count} 个问题。稍后回复 {word} 或{link}查看回答。",
        "Got it. Many people are asking: up to {count} questions come first. "
        "Send {word} later, or {link}, to see the answer.",
    ),
    "pickup_label": Sentence("点这里", "tap here"),
    # Parts of a long answer, and what else is unread
    "more": Sentence(
        "（{part}/{total}）回复 {word} 或{link}看下文",
        "({part}/{total}) Send {word} or {link} for more",
    ),
    "more_coming": Sentence(
        "（{part}）后面还在写，稍后回复 {word} 或{link}看下文",
        "({part}) The rest is being written; send {word} in a moment or {link} for more",
    ),
    "nothing_more": Sentence(
        "刚才的回答到这里就完了，没有下文。", "That was all of the answer; there is no more of it."
    ),
    "part": Sentence("（{part}）", "({part})"),
    "part_last": Sentence("（{part}/{total}）", "({part}/{total})"),
    "quote": Sentence("「{question}」", "“{question}”"),
    "unread_rest": Sentence(
        "「{question}」的回答还有下文，{link}继续看。", "“{question}” has more to read: {link}."
    ),
    "unread_answer": Sentence(
        "「{question}」已有回答，{link}查看。", "“{question}” has been answered: {link}."
    ),
    "conversation_restarted": Sentence(
        "（之前的对话已失效，这次从头开始）",
        "(The earlier conversation was lost; this starts afresh.)",
    ),
    "notice_corrected": Sentence(
        "（前面发的内容有改动，请以下面的为准）",
        "(What you were shown has been corrected; this replaces it.)",
    ),
    "notice_regenerated": Sentence(
        "（刚才中断了，这个回答是重新生成的，从头开始）",
        "(We were interrupted; this answer was generated again, from its start.)",
    ),
    # Behind an answer
    "sources_head": Sentence("参考资料：", "Sources:"),
    "feedback": Sentence("这个回答怎么样？{good}　{bad}", "How is this answer? {good}  {bad}"),
    "suggestions_head": Sentence("接下来可以问：", "You could ask next:"),
    "again": Sentence("问：{question}\n———\n", "Q: {question}\n———\n"),
}
