"""The doctor's sentences about providers, by the code of their finding."""

from collections.abc import Mapping
from typing import Final

from yingda.doctor.base import Entry, Status
from yingda.texts import Sentence

_OK, _WARNING, _FAILED = Status.OK, Status.WARNING, Status.FAILED

ENTRIES: Final[Mapping[str, Entry]] = {
    "provider_echo": Entry(
        _OK,
        Sentence("内置的回声，只适合试用", "the built-in echo; it serves for trying out only"),
    ),
    "provider_ok": Entry(
        _OK, Sentence("应用「{app}」可用，类型 {mode}", "the app “{app}” is ready, type {mode}")
    ),
    "provider_by_proxy": Entry(
        _OK,
        Sentence("经由代理 {proxy} 访问", "reached by the proxy {proxy}"),
    ),
    "provider_setting": Entry(
        _FAILED,
        Sentence("base_url 或 api_key 的写法不能用", "base_url or api_key cannot be used"),
        Sentence(
            "base_url 形如 https://api.dify.ai/v1；api_key 请从 Dify 应用的“访问 API”页重新复制。",
            "base_url looks like https://api.dify.ai/v1; copy api_key again from the app's "
            "API Access page in Dify.",
        ),
    ),
    "provider_key": Entry(
        _FAILED,
        Sentence("Dify 不认这个密钥（401）", "Dify does not know the key (401)"),
        Sentence(
            "打开 Dify 应用的“访问 API”页，新建或复制密钥，填入 {key_setting}；"
            "每个应用有自己的密钥，知识库的密钥不能用。",
            "On the app's API Access page in Dify make or copy a key, and set {key_setting}; each "
            "app has its own, and a knowledge base's does not fit.",
        ),
    ),
    "provider_forbidden": Entry(
        _FAILED,
        Sentence("Dify 拒绝访问（403）", "Dify forbids it (403)"),
        Sentence(
            "在 Dify 应用的概览页打开“后端服务 API”，并确认工作空间没有停用。",
            "Switch the Service API on in the app's overview in Dify, and see that the workspace "
            "is active.",
        ),
    ),
    "provider_unpublished": Entry(
        _FAILED,
        Sentence("应用还没有发布，或没有配置完", "the app is not published, or not set up"),
        Sentence(
            "在 Dify 打开这个应用，配置好模型，点“发布”。", "Open it in Dify, and publish it."
        ),
    ),
    "provider_mode_differs": Entry(
        _WARNING,
        Sentence(
            "设置里的 mode 是 {configured}，应用其实是 {mode}",
            "mode is set to {configured}, and the app is of type {mode}",
        ),
        Sentence("删掉 mode 这一项，让它自动识别。", "Remove mode; the type is found by itself."),
    ),
    "provider_inputs": Entry(
        _FAILED,
        Sentence("应用的必填变量没有值：{names}", "required variables have no value: {names}"),
        Sentence(
            "在配置文件的 [providers.{name}.inputs] 里逐个填写，或在 Dify 里改为选填。",
            "Set each of them under [providers.{name}.inputs] in the file, or make them optional "
            "in Dify.",
        ),
    ),
    "provider_question": Entry(
        _FAILED,
        Sentence(
            "应用没有名为 {key} 的输入变量，问题无处可填",
            "the app has no input variable {key} to take the question",
        ),
        Sentence(
            "把 providers.{name}.input_key 设成接收问题的变量。应用的变量：{names}。",
            "Set providers.{name}.input_key to the one that takes it. The app has: {names}.",
        ),
    ),
    "provider_question_short": Entry(
        _WARNING,
        Sentence(
            "变量 {key} 最多收 {most} 个字，更长的问题会被 Dify 拒绝",
            "the variable {key} takes {most} characters; Dify refuses longer questions",
        ),
        Sentence(
            "在 Dify 里把它改成“段落”，或把最大长度提高到 {enough}。",
            "Make it a paragraph in Dify, or raise its maximum length to {enough}.",
        ),
    ),
    "provider_no_speech": Entry(
        _OK,
        Sentence(
            "应用没有打开“语音转文字”，听不了语音",
            "speech to text is off in the app; it cannot hear voice messages",
        ),
    ),
    "provider_no_suggestions": Entry(
        _OK,
        Sentence(
            "应用没有打开“下一步问题建议”，回答后不会附上",
            "suggested questions are off in the app; none follow its answers",
        ),
    ),
    "provider_no_pictures": Entry(
        _OK,
        Sentence(
            "应用没有打开图片上传，看不了图片",
            "upload of images is off in the app; it cannot look at pictures",
        ),
    ),
    "provider_address": Entry(
        _FAILED,
        Sentence("这个地址答的不是 Dify 接口（{status}）", "no Dify API answers there ({status})"),
        Sentence(
            "把 {setting} 改成 Dify 的接口地址，一般是控制台的域名加 /v1，"
            "并用最终的 https 地址，不要经过跳转。",
            "Set {setting} to Dify's API, mostly the console's origin and /v1, by its final "
            "https address and not through a redirect.",
        ),
    ),
    "provider_busy": Entry(
        _WARNING,
        Sentence("Dify 说请求太多或额度用完（429）", "Dify is busy or out of quota (429)"),
        Sentence(
            "稍后再试；常出现时在 Dify 查看套餐额度和并发上限。",
            "Try again later; if it stays, look at the plan and its limits in Dify.",
        ),
    ),
    "provider_failing": Entry(
        _FAILED,
        Sentence("Dify 服务器出错（{status}）", "the Dify server fails ({status})"),
        Sentence(
            "查看 Dify 的 api 容器日志（docker compose logs api），以及它前面的代理。",
            "See the log of Dify's api container (docker compose logs api), and the proxy before "
            "it.",
        ),
    ),
    "provider_refused": Entry(
        _FAILED,
        Sentence("Dify 拒绝了查询（{status} {reason}）", "Dify refused ({status} {reason})"),
        Sentence("在 Dify 打开这个应用，检查模型和配置。", "Check the app and its model in Dify."),
    ),
    "provider_no_answer": Entry(
        _FAILED,
        Sentence("连得上，但没有得到完整的回答", "a connection stands, but no whole answer came"),
        Sentence(
            "查看 Dify 的负载和日志，以及两者之间的代理。",
            "Look at Dify's load and log, and at any proxy between.",
        ),
    ),
}
