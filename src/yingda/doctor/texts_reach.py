"""The sentences about reaching a server: name, connection, certificate.

Source of the causes: OpenSSL's list of verification errors. `{setting}` names what gave the
address.
"""

from collections.abc import Mapping

from yingda.doctor.base import Entry, Status
from yingda.texts import Sentence

_OK, _FAILED = Status.OK, Status.FAILED

ENTRIES: Mapping[str, Entry] = {
    "reach_ok": Entry(
        _OK,
        Sentence("能连上 {host} 的 {port} 端口", "{host} is reached at port {port}"),
    ),
    "dns_failed": Entry(
        _FAILED,
        Sentence("域名 {host} 解析不到", "the name {host} does not resolve"),
        Sentence(
            "检查 {setting} 里的域名有没有写错、解析记录（A/AAAA）是否已生效。",
            "Check the name in {setting}, and that its A or AAAA record is in force.",
        ),
    ),
    "connect_refused": Entry(
        _FAILED,
        Sentence("{host} 的 {port} 端口拒绝连接", "{host} refuses connections at port {port}"),
        Sentence(
            "那里没有程序在听：启动服务或反向代理（如 nginx），并检查 {setting} 的端口。",
            "Nothing listens there: start the server or its reverse proxy (such as nginx), and "
            "check the port in {setting}.",
        ),
    ),
    "connect_failed": Entry(
        _FAILED,
        Sentence("连不上 {host} 的 {port} 端口", "no connection to {host} at port {port}"),
        Sentence(
            "在防火墙和云服务器的安全组里放行 {port} 端口；国内云主机要先备案才开 80/443。"
            "如果只有本机连不上自己的公网地址（回环），请换一台机器执行。",
            "Open port {port} in the firewall and the cloud's security group; hosters in mainland "
            "China open 80/443 after the ICP filing. If only this machine cannot reach its own "
            "public address (hairpin NAT), run this from another one.",
        ),
    ),
    "tls_expired": Entry(
        _FAILED,
        Sentence("证书已过期", "the certificate has expired"),
        Sentence(
            "续期证书并重新加载代理，例如 certbot renew，然后 nginx -s reload。",
            "Renew it and reload the proxy, such as certbot renew, then nginx -s reload.",
        ),
    ),
    "tls_not_yet": Entry(
        _FAILED,
        Sentence("证书还没有生效", "the certificate is not valid yet"),
        Sentence(
            "先用 timedatectl 检查本机时间；时间对的话请重新签发证书。",
            "Check this machine's time with timedatectl; if it is right, get a new certificate.",
        ),
    ),
    "tls_self_signed": Entry(
        _FAILED,
        Sentence("证书是自己签的，没有人信任", "the certificate is self-signed, nobody trusts it"),
        Sentence(
            "换成受信任的证书，例如用 certbot 向 Let's Encrypt 免费申请，或用 Caddy。",
            "Get a trusted one, free from Let's Encrypt with certbot for example, or use Caddy.",
        ),
    ),
    "tls_incomplete": Entry(
        _FAILED,
        Sentence(
            "证书链不完整，或签发者不受信任",
            "the certificate's chain is incomplete, or its issuer is not trusted",
        ),
        Sentence(
            "代理里要配完整的链：nginx 的 ssl_certificate 用 fullchain.pem，不要用 cert.pem；"
            "内部 CA 签的证书微信不认。",
            "Serve the whole chain: in nginx, ssl_certificate names fullchain.pem, not cert.pem; "
            "WeChat trusts no private CA.",
        ),
    ),
    "tls_host": Entry(
        _FAILED,
        Sentence("证书不是发给 {host} 的", "the certificate is not for {host}"),
        Sentence(
            "为 {host} 签发证书；一台服务器有几个网站时，检查 nginx 的 server_name。",
            "Get one for {host}; with several sites on one server, check server_name in nginx.",
        ),
    ),
    "tls_plain": Entry(
        _FAILED,
        Sentence("{port} 端口没有用 TLS（https）", "port {port} does not speak TLS (https)"),
        Sentence(
            "在代理的 {port} 端口打开 TLS（nginx：listen {port} ssl），或检查 {setting}。",
            "Switch TLS on at the proxy (nginx: listen {port} ssl), or check {setting}.",
        ),
    ),
    "tls_failed": Entry(
        _FAILED,
        Sentence("TLS 握手失败（{reason}）", "the TLS handshake failed ({reason})"),
        Sentence(
            "让代理支持 TLS 1.2 以上，再用 openssl s_client -connect {host}:{port} 细查。",
            "Let the proxy offer TLS 1.2 or later; openssl s_client -connect {host}:{port} "
            "tells more.",
        ),
    ),
}
