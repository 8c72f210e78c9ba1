"""Where the database is: a file, or a server whose password nobody is shown."""

from pathlib import Path

import pytest

from yingda.config import Settings, SettingsInvalid, load, read_database

LEAST = {"YINGDA_WECHAT_TOKEN": "z9Xw8", "YINGDA_DIFY_API_KEY": "app-9aB8cD7eF6gH5iJ4kL3mN2oP"}
URL = "postgresql://ann:s3cr%20et@db.example.com:6432/yingda?sslmode=require&password=hush"


def settings(url: str, **environ: str) -> Settings:
    return load({**LEAST, "YINGDA_DATABASE_URL": url, **environ})


def test_a_url_of_postgresql_is_used_as_it_stands() -> None:
    assert settings(URL).postgres_url == URL
    assert settings("postgres://db/yingda").postgres_url == "postgres://db/yingda"


def test_a_file_is_no_database_server() -> None:
    loaded = settings("sqlite:////srv/turns.db")
    assert (loaded.postgres_url, loaded.database_name) == (None, "/srv/turns.db")


def test_neither_the_name_nor_the_settings_show_user_password_or_options() -> None:
    loaded = settings(URL)
    assert loaded.database_name == "postgresql://db.example.com:6432/yingda"
    assert not any(word in repr(loaded) for word in ("s3cr", "hush", "ann:"))


def test_a_url_may_stand_in_a_file_or_another_variable(tmp_path: Path) -> None:
    kept = tmp_path / "database"
    kept.write_text(f"{URL}\n")
    assert settings(f"file:{kept}").postgres_url == URL
    assert settings("env:DATABASE_URL", DATABASE_URL=URL).postgres_url == URL


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("postgresql://a:1,b:2/yingda", "postgresql://a:1,b:2/yingda"),
        ("postgresql://[::1]:5432,[fe80::1]/yingda", "postgresql://[::1]:5432,[fe80::1]/yingda"),
        ("postgresql:///yingda?host=/run/postgresql", "postgresql:///yingda"),
    ],
)
def test_several_hosts_and_sockets_can_be_named(url: str, name: str) -> None:
    assert (settings(url).postgres_url, settings(url).database_name) == (url, name)


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("sqlite:data/yingda.sqlite3", "sqlite:///data/yingda.sqlite3"),
        (" sqlite:/srv/turns.db ", "sqlite:////srv/turns.db"),
        ("sqlite:////srv/turns.db", "sqlite:////srv/turns.db"),
        (URL, URL),
        ("env:DATABASE_URL", URL),
    ],
)
def test_an_option_names_a_database_as_the_setting_does_and_a_file_in_short(
    written: str, url: str
) -> None:
    assert read_database(written, "--from", {"DATABASE_URL": URL}) == url


@pytest.mark.parametrize(
    ("written", "mend"),
    [
        ("mysql://ann:hush-hush@db/yingda", "sqlite:///path/to/file"),
        ("sqlite:", "sqlite:///path/to/file"),
        ("sqlite::memory:", "sqlite:///path/to/file"),
        ("postgresql://ann:hush-hush@db", "postgresql://user:password@host:5432/database"),
        ("postgresql://ann:hush-hush/x@db:5432/yingda", "postgresql://user:password@host:5432"),
        ("postgresql://ann:hush-hush@db:port/yingda", "postgresql://user:password@host:5432"),
        ("env:NOWHERE", "Set that variable"),
        ("", "Give a value"),
    ],
)
def test_an_option_that_names_none_is_refused_with_the_mend_and_without_the_value(
    written: str, mend: str
) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        read_database(written, "--to", {})
    assert str(refused.value).startswith("--to · ")
    assert mend in str(refused.value)
    assert "hush-hush" not in str(refused.value)


def test_everything_is_kept_unless_months_are_set() -> None:
    assert settings(URL).keep_months is None
    assert settings(URL, YINGDA_KEEP_MONTHS="6").keep_months == 6


@pytest.mark.parametrize("months", ["0", "121", "1.5", "all"])
def test_no_less_than_a_month_can_be_kept(months: str) -> None:
    with pytest.raises(SettingsInvalid, match="YINGDA_KEEP_MONTHS"):
        settings(URL, YINGDA_KEEP_MONTHS=months)
