"""The sentences about the public address and the requests that WeChat makes.

Source of causes and mends: the reference on the Official Account, "Getting the URL accepted".
`{server}` is what a Server header says, in brackets.
"""

from collections.abc import Mapping

from yingda.doctor.base import Entry, Status
from yingda.texts import Sentence

_OK, _WARNING, _FAILED, _SKIPPED = Status.OK, Status.WARNING, Status.FAILED, Status.SKIPPED

ENTRIES: Mapping[str, Entry] = {
    "url_unset": Entry(
        _SKIPPED,
        Sentence(
            "没有公网地址可查：设置 public_url，或加 --url https://你的域名",
            "no address to look at: set public_url, or give --url https://your.domain",
        ),
    ),
    "url_unusable": Entry(
        _FAILED,
        Sentence("这个地址的写法不能用", "this address cannot be used"),
        Sentence(
            "写成 https://你的域名，不带参数。",
            "Write it like https://your.domain, without a query.",
        ),
    ),
    "url_port": Entry(
        _FAILED,
        Sentence("微信不会连接 {port} 端口", "WeChat does not connect to port {port}"),
        Sentence(
            "微信只连 http 的 80 和 https 的 443：让 nginx 等代理在 443 接收，转到应答。",
            "WeChat uses 80 for http and 443 for https alone: let a proxy such as nginx take 443 "
            "and pass it on to yingda.",
        ),
    ),
    "url_local": Entry(
        _WARNING,
        Sentence(
            "{host} 只在本机或内网有效，微信连不到", "{host} is local; WeChat cannot reach it"
        ),
        Sentence(
            "控制台里要填公网域名；这次仍在本地检查其余各项。",
            "The console needs a public name; the rest was looked at from here all the same.",
        ),
    ),
    "answer_redirect": Entry(
        _FAILED,
        Sentence(
            "被跳转到 {target}，微信不跟随跳转", "redirected to {target}; WeChat does not follow"
        ),
        Sentence(
            "在控制台和 public_url 填最终的地址，或在代理里对 /wechat/ 关掉跳转。",
            "Give the console and public_url the final address, or switch the redirect off for "
            "/wechat/ in the proxy.",
        ),
    ),
    "answer_refused": Entry(
        _FAILED,
        Sentence(
            "应答拒绝了正确签名的请求（403）", "yingda refused a rightly signed request (403)"
        ),
        Sentence(
            "运行中的服务用着另一份设置：核对 token（及 encoding_aes_key、app_id）后重启它；"
            "再用 timedatectl 检查两边的时间。",
            "The running server has other settings: compare token (encoding_aes_key, app_id too) "
            "and restart it; then check both clocks with timedatectl.",
        ),
    ),
    "answer_blocked": Entry(
        _FAILED,
        Sentence(
            "请求被挡在应答之前（{status}）{server}",
            "something before yingda blocks the request ({status}){server}",
        ),
        Sentence(
            "在防火墙、WAF、CDN 或代理的登录保护里，对 /wechat/ 放行，不要按来源地址拦。",
            "Let /wechat/ pass in the firewall, WAF, CDN or the proxy's login, from any source.",
        ),
    ),
    "answer_account": Entry(
        _FAILED,
        Sentence("运行中的服务没有叫这个名字的公众号", "the running server has no such account"),
        Sentence(
            "地址末尾要与 [accounts.名字] 一致；改过设置请重启服务。",
            "The address ends in the name of [accounts.NAME]; restart after a change.",
        ),
    ),
    "answer_path": Entry(
        _FAILED,
        Sentence(
            "请求到了应答，但路径被代理改了（404）", "yingda is reached by another path (404)"
        ),
        Sentence(
            "代理要原样转发 /wechat/ 开头的路径：nginx 里 proxy_pass 的末尾不要带斜杠或路径。",
            "The proxy has to pass paths under /wechat/ on as they are: in nginx, proxy_pass ends "
            "without a slash or path.",
        ),
    ),
    "answer_not_found": Entry(
        _FAILED,
        Sentence("那里没有应答（404）{server}", "yingda is not there (404){server}"),
        Sentence(
            "在代理里加上 location /wechat/，转发到应答监听的 host 和 port。",
            "Add location /wechat/ to the proxy, passed to yingda's host and port.",
        ),
    ),
    "answer_error": Entry(
        _FAILED,
        Sentence("代理或服务答了错误 {status}{server}", "an error {status} came back{server}"),
        Sentence(
            "502、503、504 多半是代理连不到应答：确认 yingda serve 在运行、代理的端口正确；"
            "其他看代理的错误日志。",
            "502, 503 and 504 mostly mean that the proxy does not reach yingda: see that yingda "
            "serve runs and the proxy's port is right; else see the proxy's error log.",
        ),
    ),
    "answer_status": Entry(
        _FAILED,
        Sentence(
            "状态码是 {status}，微信只认 200{server}",
            "the status is {status}; WeChat takes 200 alone{server}",
        ),
        Sentence("检查代理对 /wechat/ 的设置。", "Check what the proxy does with /wechat/."),
    ),
    "answer_broken": Entry(
        _FAILED,
        Sentence("连接在回答之前断了（{reason}）", "the connection broke first ({reason})"),
        Sentence(
            "检查防火墙、防 DDoS 产品和代理的错误日志；不要拦腾讯的地址。",
            "Check the firewall, any anti-DDoS product and the proxy's error log; none may drop "
            "Tencent's addresses.",
        ),
    ),
    "answer_late": Entry(
        _FAILED,
        Sentence("{limit_s:g} 秒内没有回答", "no answer within {limit_s:g} s"),
        Sentence(
            "查看应答和代理的日志、机器的负载；函数计算类平台请关掉冷启动。",
            "See the logs of yingda and the proxy, and the machine's load; on a function host, "
            "keep an instance warm.",
        ),
    ),
    "echo_ok": Entry(_OK, Sentence("接入验证通过", "the handshake passes")),
    "echo_empty": Entry(
        _FAILED,
        Sentence("接入验证的回答是空的", "the handshake's answer is empty"),
        Sentence(
            "GET 没有到应答：检查代理和 CDN 有没有缓存或改写 /wechat/。",
            "The GET does not reach yingda: see whether a proxy or CDN caches or rewrites it.",
        ),
    ),
    "echo_bom": Entry(
        _FAILED,
        Sentence("echostr 前多了 BOM", "a BOM stands before echostr"),
        Sentence(
            "去掉中间那层代码的 BOM：把它的文件另存为“UTF-8 无 BOM”，或让代理直接转发。",
            "Remove the BOM from the code in between: save it as UTF-8 without BOM, or let the "
            "proxy pass straight through.",
        ),
    ),
    "echo_quotes": Entry(
        _FAILED,
        Sentence("echostr 被加了引号", "echostr was put in quotation marks"),
        Sentence(
            "中间那层把它当 JSON 返回了：请原样返回文本，或直接转发。",
            "Something in between returns it as JSON: let it return the text as it is.",
        ),
    ),
    "echo_blank": Entry(
        _FAILED,
        Sentence("echostr 前后多了空白或换行", "blanks or a newline surround echostr"),
        Sentence(
            "让中间那层原样返回，不加换行（如 PHP 文件末尾的空行）。",
            "Let what stands in between add nothing, such as blank lines at a PHP file's end.",
        ),
    ),
    "echo_html": Entry(
        _FAILED,
        Sentence("echostr 外面包了 HTML{server}", "HTML was wrapped round echostr{server}"),
        Sentence(
            "关掉代理、CDN 或面板里改写网页的功能（统计脚本、压缩优化）。",
            "Switch off what rewrites pages in the proxy or CDN (statistics, optimising).",
        ),
    ),
    "echo_page": Entry(
        _FAILED,
        Sentence("回答的是别的网页{server}", "another web page answered{server}"),
        Sentence(
            "检查代理有没有把 /wechat/ 转给应答；内网穿透的提示页、WAF 的验证页要关掉。",
            "See that the proxy passes /wechat/ to yingda; switch a tunnel's notice or a WAF's "
            "challenge page off.",
        ),
    ),
    "echo_other": Entry(
        _FAILED,
        Sentence("回答与 echostr 不同{server}", "the answer is not echostr{server}"),
        Sentence(
            "让代理把 /wechat/ 原样转给应答，不缓存，不改写。",
            "Let the proxy pass /wechat/ to yingda as it is, neither cached nor rewritten.",
        ),
    ),
    "forged_ok": Entry(_OK, Sentence("错误的签名会被拒绝", "a wrong signature is refused")),
    "forged_accepted": Entry(
        _FAILED,
        Sentence("错误的签名没有得到 403，而是 {status}", "a wrong signature got {status}, no 403"),
        Sentence(
            "有别的程序在替应答回答，或代理改了状态码：让 /wechat/ 只转给应答。",
            "Something else answers for yingda, or a proxy changes statuses: pass /wechat/ to "
            "yingda alone.",
        ),
    ),
    "push_ok": Entry(_OK, Sentence("推送被接受（{mode}）", "a push is accepted ({mode})")),
    "push_wrong": Entry(
        _FAILED,
        Sentence("推送的回答不是 success{server}", "the answer to a push is not success{server}"),
        Sentence(
            "让代理对 /wechat/ 的 POST 原样转发，不改写回答。",
            "Let the proxy pass POSTs under /wechat/ on, and leave the answer as it is.",
        ),
    ),
    "speed_ok": Entry(
        _OK, Sentence("回答用时中位数 {median_ms:.0f} 毫秒", "median answer {median_ms:.0f} ms")
    ),
    "speed_slow": Entry(
        _WARNING,
        Sentence(
            "回答用时中位数 {median_ms:.0f} 毫秒，五秒里所剩不多",
            "median answer {median_ms:.0f} ms, of five seconds in all",
        ),
        Sentence(
            "把服务放在离微信近的地方（中国大陆或香港），并查看机器的负载。",
            "Run the server nearer to WeChat (mainland China, Hong Kong); see the machine's load.",
        ),
    ),
    "hold_ok": Entry(
        _OK,
        Sentence(
            "按住的请求过了 {limit_s:g} 秒仍未被打断",
            "a held request stayed open past {limit_s:g} s",
        ),
    ),
    "hold_early": Entry(
        _FAILED,
        Sentence(
            "按住的请求 {elapsed_s:.1f} 秒就有了回答",
            "a held request was answered after {elapsed_s:.1f} s",
        ),
        Sentence(
            "升级并重启应答；如果不是旧版本，检查代理有没有替它回答 success。",
            "Upgrade and restart yingda; if it is no old one, see whether a proxy answers success "
            "in its place.",
        ),
    ),
    "hold_error": Entry(
        _FAILED,
        Sentence(
            "代理等了 {elapsed_s:.1f} 秒就放弃，答了 {status}{server}",
            "a proxy gave up after {elapsed_s:.1f} s with {status}{server}",
        ),
        Sentence(
            "把代理的读超时调到 10 秒以上（nginx：proxy_read_timeout 30s；函数平台调大执行时限）。",
            "Raise the proxy's read time-out over 10 s (nginx: proxy_read_timeout 30s; on a "
            "function host, its time limit).",
        ),
    ),
    "hold_cut": Entry(
        _FAILED,
        Sentence(
            "按住的请求在 {elapsed_s:.1f} 秒被掐断（{reason}）",
            "a held request was cut after {elapsed_s:.1f} s ({reason})",
        ),
        Sentence(
            "把代理、负载均衡或隧道的空闲超时调到 10 秒以上（nginx：proxy_read_timeout 30s）。",
            "Raise the idle time-out of proxy, balancer or tunnel over 10 s (nginx: "
            "proxy_read_timeout 30s).",
        ),
    ),
    "hold_left_out": Entry(
        _SKIPPED, Sentence("按要求没有做按住五秒的检查", "the five seconds' hold was left out")
    ),
}
