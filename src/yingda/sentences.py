"""The table of sentences that a follower can read, Chinese first, English beside it.

Knows wording, and which placeholders each sentence is given. Who says one, and how long an
operator's own may be, stands in `texts`.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple


class Language(StrEnum):
    """The languages that every sentence exists in."""

    CHINESE = "zh"
    ENGLISH = "en"


class Sentence(NamedTuple):
    """One sentence in both languages."""

    zh: str
    en: str

    def within(self, language: Language) -> str:
        """The sentence in this language."""
        return self.zh if language is Language.CHINESE else self.en

    def filled(self, **values: object) -> "Sentence":
        """The sentence with its placeholders filled in."""
        return Sentence(self.zh.format(**values), self.en.format(**values))


#: `{word}` is the pickup word as the follower types it, `{link}` a tap-to-send link whose label is
#: `pickup_label`, `{count}` a number, `{question}` the start of a question, `{part}` and
#: `{total}` a part's number and how many there are, `{chars}` how many characters were written
#: so far, `{seconds}` and `{minutes}` are spans, `{time}` a time of day. `{retry}` is a
#: tap-to-send link that asks the question again, or only its label, `{confirm}` one that confirms
#: an erasure, `{command}` a command's word, `{commands}` a line for each command.
SENTENCES: Mapping[str, Sentence] = {
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
    "again": Sentence("问：{question}\n———\n", "Q: {question}\n———\n"),
    "nothing_yet": Sentence(
        "还没有可以查看的回答，直接发问题给我吧。",
        "There is no answer to show yet. Just ask me something.",
    ),
    "queue_full": Sentence(
        "你还有 {count} 个问题没回答完，这条先不收了。"
        "等回答出来再发一次吧，回复 {word} 可以看进度。",
        "You have too many open questions ({count}), so this one was not taken. Please send it "
        "again once they are answered; {word} shows how far they are.",
    ),
    "too_fast": Sentence(
        "问得有点快了，这条先不收。下一次可以提问：{time}。",
        "That was a little fast, so this one was not taken. You can ask again at {time}.",
    ),
    "daily_limit": Sentence(
        "今天的 {count} 个问题已经用完，这条先不收。明天 0 点以后可以再问。",
        "Today's {count} questions are used up, so this one was not taken. "
        "You can ask again after midnight.",
    ),
    "busy": Sentence(
        "现在提问的人太多，这条没能收下。请过一会儿再发一次。",
        "Too many people are asking right now, so this one was not taken. "
        "Please send it again in a while.",
    ),
    "blocked": Sentence(
        "暂时不能为你回答问题。如有疑问，请联系公众号的运营者。",
        "Your questions cannot be answered here. If in doubt, ask the owner of this account.",
    ),
    "not_allowed": Sentence(
        "这个公众号目前只回答名单内的用户。想要使用，请联系公众号的运营者开通。",
        "This account answers invited people only for now. To be invited, ask its owner.",
    ),
    "unconfirmed": Sentence(
        "系统有点慢，还不确定有没有收到这条消息。请稍后回复 {word} 查看；如果没有，再发一次。",
        "We are slow right now and cannot tell whether this has arrived. "
        "Send {word} in a while to look; if nothing is there, please send it again.",
    ),
    "ai_label": Sentence("（内容由 AI 生成）", "(Generated by AI)"),
    # Commands
    "help": Sentence(
        "直接发文字提问，我会用 AI 来回答。\n\n{word}：查看还没看到的回答或下文\n{commands}",
        "Send me a question and an AI will answer.\n\n"
        "{word}: see an answer, or the rest of one, that you have not seen yet\n{commands}",
    ),
    "help_clear": Sentence("{command}：开始新的对话", "{command}: start a new conversation"),
    "help_stop": Sentence(
        "{command}：停止正在回答的问题", "{command}: stop what is being answered"
    ),
    "help_retry": Sentence("{command}：把上一个问题再问一次", "{command}: ask the last one again"),
    "help_status": Sentence("{command}：查看问题答到哪里了", "{command}: see how far things are"),
    "help_forget": Sentence(
        "{command}：删除我的全部提问和回答", "{command}: erase all my questions and answers"
    ),
    "help_help": Sentence("{command}：显示这段说明", "{command}: show this text"),
    "welcome": Sentence(
        "你好，欢迎关注！\n\n"
        "直接发文字提问，我会用 AI 来回答；回答较慢时，回复 {word} 取回。发 /help 查看说明。",
        "Hello and welcome!\n\n"
        "Send me a question and an AI will answer. When an answer takes long, send {word} to "
        "fetch it. Send /help to see what else I can do.",
    ),
    "cleared": Sentence("好的，已开始新的对话。", "Done. This is a new conversation."),
    "stopped": Sentence(
        "好的，已停止，取消了 {count} 个问题。", "Stopped; questions cancelled: {count}."
    ),
    "stopped_midway": Sentence(
        "好的，已停止，取消了 {count} 个问题。写到一半的回答就到前面那一段为止。",
        "Stopped; questions cancelled: {count}. The answer ends with the part you have got.",
    ),
    "nothing_to_stop": Sentence("现在没有正在回答的问题。", "Nothing is being answered right now."),
    "still_pending": Sentence(
        "这个问题还在回答，不用再问。回复 {word} 或{link}，就能看到回答。",
        "That is still being answered, no need to ask again. Send {word}, or {link}, to see it.",
    ),
    "nothing_to_retry": Sentence(
        "还没有可以再问一次的问题，直接发问题给我吧。",
        "There is no question to ask again. Just ask me something.",
    ),
    "retry_label": Sentence("再问一次", "ask again"),
    "status_running": Sentence(
        "正在回答「{question}」，已等 {seconds} 秒，{link}查看。",
        "Answering “{question}” for {seconds} s: {link}.",
    ),
    "status_queued": Sentence(
        "排队中「{question}」，前面还有 {count} 个，已等 {seconds} 秒。",
        "Queued: “{question}”, for {seconds} s; questions ahead of it: {count}.",
    ),
    "status_more": Sentence("另有 {count} 个没有列出。", "And {count} more."),
    "status_nothing": Sentence(
        "没有正在回答的问题，也没有未读的回答。",
        "Nothing is being answered, and nothing is unread.",
    ),
    "forget_confirm": Sentence(
        "确定要删除吗？你在这里的全部提问和回答都会删除，AI 那边的对话也会删除，"
        "正在回答的问题会取消。删除后无法恢复。\n\n"
        "请{confirm}，或在 {minutes} 分钟内回复「确认」。",
        "Erase everything? All your questions and answers go, here and at the AI, and what is "
        "being answered is cancelled. It cannot be undone.\n\n"
        "To go on, {confirm}, or send “confirm” within {minutes} minutes.",
    ),
    "forget_label": Sentence("确认删除", "confirm"),
    "forgotten": Sentence(
        "好的，正在删除，你的提问和回答不会再出现。",
        "Done: they are being erased, and nothing of it will be shown again.",
    ),
    "nothing_to_confirm": Sentence(
        "这个确认已用过或已过期。要删除，请重新发起。",
        "That confirmation was used or has expired. Please begin anew to erase.",
    ),
    # What cannot be answered
    "unsupported_image": Sentence(
        "暂时还看不了图片，请用文字描述一下。",
        "I cannot look at pictures yet. Please describe it in words.",
    ),
    "unsupported_voice": Sentence(
        "暂时还听不了语音，请发文字给我。",
        "I cannot listen to voice messages yet. Please send text.",
    ),
    "unsupported_video": Sentence(
        "暂时还看不了视频，请用文字描述一下。",
        "I cannot watch videos yet. Please describe it in words.",
    ),
    "unsupported_location": Sentence(
        "暂时还用不上位置消息，请用文字告诉我。",
        "I cannot use locations yet. Please tell me in words.",
    ),
    "unsupported_link": Sentence(
        "暂时还打不开链接，请把想问的内容用文字发给我。",
        "I cannot open links yet. Please send me what you would like to ask as text.",
    ),
    "unsupported_mini_program": Sentence(
        "暂时还打不开小程序，请把想问的内容用文字发给我。",
        "I cannot open mini-programs yet. Please send me what you would like to ask as text.",
    ),
    "unsupported_other": Sentence(
        "这种消息暂时还处理不了，请发文字给我。",
        "I cannot handle this kind of message yet. Please send text.",
    ),
    "empty_question": Sentence(
        "没有收到文字，请再发一次。", "There was no text in that. Please send it again."
    ),
    # The account's other duties
    "menu_head": Sentence("点下面的字，或直接发送它：", "Tap one of these, or send its words:"),
    "suggested_head": Sentence("可以这样问：", "You may ask, for example:"),
    "picture_title": Sentence("图片", "Picture"),
    "picture_unavailable": Sentence(
        "这张图片暂时看不了，请稍后再试。", "This picture cannot be shown now. Please try later."
    ),
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
    "failed_empty": Sentence(
        "AI 这次没有给出内容，请{retry}，或换个问法。",
        "The AI gave no answer this time. Please {retry}, or try other words.",
    ),
    "failed_internal": Sentence(
        "这个问题没能答出来，请{retry}。", "That question could not be answered. Please {retry}."
    ),
    "cancelled": Sentence("这个问题已经取消。", "That question was cancelled."),
}
