"""Which addresses we may be sent to."""

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yingda.errors import MediaRefused
from yingda.media.addresses import check_ip, check_public, is_public, origin_of, parsed, trusted

PRIVATE = [
    "0.0.0.0",  # noqa: S104  refused, not bound
    *("127.0.0.1", "127.255.255.254", "10.1.2.3", "172.16.0.1", "172.31.255.255"),
    *("192.168.1.1", "169.254.169.254", "100.64.0.1", "100.100.100.200", "192.0.0.8"),
    *("192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.1.1.1"),
    *("240.0.0.1", "255.255.255.255"),
    *("::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:a9fe:a9fe", "::127.0.0.1"),
    *("64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::"),
    *("2001:db8::1", "2001::1", "100::1", "fec0::1", "5f00::1"),
]
PUBLIC = [
    *("1.1.1.1", "121.51.90.1", "8.8.8.8", "172.32.0.1", "100.128.0.1"),
    *("2606:4700::1111", "240e:f7:a070:200::28", "::ffff:8.8.8.8", "64:ff9b::808:808"),
]


@pytest.mark.parametrize("ip", PRIVATE)
def test_a_private_address_is_refused_in_every_spelling(ip: str) -> None:
    with pytest.raises(MediaRefused):
        check_ip(ip)


@pytest.mark.parametrize("ip", PUBLIC)
def test_a_public_address_is_well(ip: str) -> None:
    check_ip(ip)


@pytest.mark.parametrize(
    "url",
    [
        *("http://2130706433/", "http://0x7f000001/", "http://0x7f.1/", "http://127.1/"),
        *("http://0177.0.0.1/", "http://017700000001/", "http://127.0.0.1./", "http://0/"),
        *("http://0x7F.0.0.1/", "http://127.0.0.0x1/", "http://1.2.3.4.5/", "http://01.1.1.1/"),
        *("http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/"),
        *("http://[::]/", "http://127.0.0.1:80/", "https://169.254.169.254/latest/meta-data"),
        *("http://１２７.０.０.１/", "http://①②⑦.0.0.1/", "http://127。0。0。1/"),
        *("http://localhost/", "http://LOCALHOST./", "http://a.localhost/", "http://redis/"),
        *("http://metadata.google.internal/", "http://printer.local/", "http://nas.lan/"),
        *("http://router.home.arpa/", "http://example.com:8080/", "https://example.com:22/"),
        *("http://example.com:0/", "http://user@example.com/", "http://u:p@example.com/"),
        *("http://:@example.com/", "ftp://example.com/", "file:///etc/passwd", "gopher://a.cn/"),
        *("http://a..cn/", "http://.cn/", f"http://{'a' * 64}.cn/", "http://xn--a.cn/"),
        *("http://xn--zzzzzz99999999.cn/", "http://\u2024.cn/"),
        *("//example.com/a", "/a.png", "", "http://", "http:///a", "data:image/png;base64,AAAA"),
        *(
            "http://[::1",
            "http://example.com\\@127.0.0.1/",
            "http://example.com:99999/",
            "http://exa mple.com/",
            "javascript:1",
        ),
        "http://example.com/" + "a" * 9000,
    ],
)
def test_an_address_that_is_not_the_public_web_s_is_refused_before_anything_is_asked(
    url: str,
) -> None:
    with pytest.raises(MediaRefused):
        check_public(parsed(url))


@pytest.mark.parametrize(
    "url",
    [
        "http://mmbiz.qpic.cn/mmbiz_jpg/abc/0",
        "https://example.com/图.png?a=%E4%BD%A0&b=1",
        "http://example.com:443/",
        "https://例子.中国/图",
        "http://1.1.1.1/a.png",
        "http://[2606:4700::1111]/a.png",
    ],
)
def test_an_address_of_the_public_web_is_well(url: str) -> None:
    found = parsed(url)
    check_public(found)
    assert found.host != "127.0.0.1"


def test_an_operator_s_own_server_is_known_by_its_origin() -> None:
    origins = trusted(["http://10.0.0.5:8080/v1/", "https://DIFY.example.com"])
    assert origin_of(parsed("http://10.0.0.5:8080/files/a?sign=1")) in origins
    assert origin_of(parsed("https://dify.example.com:443/files/a")) in origins
    assert origin_of(parsed("http://10.0.0.5/files")) not in origins
    assert origin_of(parsed("http://dify.example.com/")) not in origins


def test_a_server_without_a_name_is_no_origin() -> None:
    with pytest.raises(ValueError, match="no origin"):
        trusted(["dify.example.com"])


def test_a_refusal_tells_nothing_of_the_address_but_the_reason() -> None:
    with pytest.raises(MediaRefused) as caught:
        parsed("http://user:geheim@example.com/?sign=geheim")
    assert "geheim" not in str(caught.value)


@given(st.ip_addresses(v=4))
def test_an_address_inside_another_one_is_as_public_as_by_itself(ip: object) -> None:
    plain = is_public(ip_address(str(ip)))
    assert is_public(ip_address(f"::ffff:{ip}")) == plain
    assert is_public(ip_address(f"64:ff9b::{ip}")) == plain


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    for url in (text, f"http://{text}"):
        try:
            check_public(parsed(url))
        except MediaRefused as refused:
            assert refused.detail  # noqa: PT017  either end is right
