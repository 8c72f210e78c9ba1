"""Sentences of commands and of the account's own replies."""

from collections.abc import Mapping

from yingda.sentences.base import Sentence

COMMANDS: Mapping[str, Sentence] = {
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
    "help_good": Sentence("{command}：觉得回答好", "{command}: say that an answer is good"),
    "help_bad": Sentence("{command}：觉得回答不好", "{command}: say that an answer is bad"),
    "help_status": Sentence("{command}：查看问题答到哪里了", "{command}: see how far things are"),
    "help_model": Sentence(
        "{command}：选择由哪个模型回答", "{command}: choose the model that answers"
    ),
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
    "rated_like": Sentence("谢谢你的肯定，已记下。", "Thank you, noted."),
    "rated_dislike": Sentence(
        "谢谢反馈，已记下。想换个回答，可以{retry}，或者把问题说得更具体些再发给我。",
        "Thank you, noted. To get another answer, {retry}, or put your question more precisely.",
    ),
    "nothing_to_rate": Sentence(
        "还没有看过可以评价的回答，先问我点什么吧。",
        "You have not been shown an answer to rate yet. Ask me something first.",
    ),
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
    "model_list": Sentence(
        "现在由「{model}」回答。点一下就能换：", "“{model}” answers now. Tap to change:"
    ),
    "model_list_open": Sentence(
        "可以选由谁来回答，点一下就行：", "Tap the model that is to answer:"
    ),
    "model_chosen": Sentence(
        "好的，接下来由「{model}」回答。它和别的模型各记各的对话。",
        "Done: “{model}” answers from now on. Each model remembers its own conversation only.",
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
    # The account's other duties
    "menu_head": Sentence("点下面的字，或直接发送它：", "Tap one of these, or send its words:"),
    "suggested_head": Sentence("可以这样问：", "You may ask, for example:"),
    "picture_title": Sentence("图片", "Picture"),
    "picture_unavailable": Sentence(
        "这张图片暂时看不了，请稍后再试。", "This picture cannot be shown now. Please try later."
    ),
}
