"""Every setting of Quartz in one class: environment variables QUARTZ_* and the file .env beside the launcher.

Contract: the environment wins over .env; an empty value means "not set"; an unknown QUARTZ_ name in .env, a
placeholder where a secret belongs, or a half-configured broker is an error that names the setting. With nothing set
Quartz is complete: embedded services, the paper exchange, rules instead of a model.

What it does not do: read names of other programs (OPENAI_API_KEY …), open files, start anything. `model` is for
tools/llm alone; doctor may show it.
"""

from __future__ import annotations

import os
import re
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, DotEnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

ROOT = Path(__file__).resolve().parents[1]
PREFIX = "QUARTZ_"
# Not settings: the tests and load_settings read them.
TEST_NAMES = frozenset(
    {"QUARTZ_SHARED", "QUARTZ_STRICT", "QUARTZ_CLIENTS_VENV", "QUARTZ_TINY_MODEL_VENV", "QUARTZ_ENV_FILE"}
)
ROLES = ("ui", "graph", "oms", "worker", "guard")

_PLACEHOLDER = re.compile(
    r"change[-_ ]?me|your[-_ ]|placeholder|example|^x{3,}$|^\*+$|^<.*>$|^\.{3}$|^todo$|여기에|입력|앱\s*키|앱키",
    re.IGNORECASE,
)


def _real(value: SecretStr) -> SecretStr:
    if _PLACEHOLDER.search(value.get_secret_value()):
        raise ValueError("expected a real secret, was a placeholder")
    return value


def _expanded(value: Path) -> Path:
    return Path(os.path.abspath(value.expanduser()))


Secret = Annotated[SecretStr, AfterValidator(_real)]
Folder = Annotated[Path, AfterValidator(_expanded)]


class Broker(StrEnum):
    """Where orders go."""

    SIM = "sim"  # the paper exchange of this repository
    PAPER = "paper"  # KIS 모의투자
    LIVE = "live"  # KIS 실전투자; needs QUARTZ_LIVE_TRADING=yes as well


class SettingsError(ValueError):
    """The configuration cannot be used; the text names each setting and says what was expected, never a value."""


class Settings(BaseSettings):
    """All settings; see .env.example for the words a user reads."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=None,
        extra="forbid",
        env_ignore_empty=True,
        hide_input_in_errors=True,
        frozen=True,
    )

    home: Folder = Field(default=Path("~/.quartz"), validate_default=True)
    secret_key: Secret | None = None  # 64 hex digits; default: $QUARTZ_HOME/secret.key, made once

    postgres_url: Secret | None = None  # administrator's URL; default: embedded
    postgres_url_ui: Secret | None = None
    postgres_url_graph: Secret | None = None
    postgres_url_oms: Secret | None = None
    postgres_url_worker: Secret | None = None
    postgres_url_guard: Secret | None = None
    redis_url: Secret | None = None  # default: embedded

    broker: Broker = Broker.SIM
    live_trading: bool = False  # the switch that `live` needs besides its keys
    kis_devlp: Folder | None = None  # an existing kis_devlp.yaml
    kis_paper_app_key: Secret | None = None
    kis_paper_app_secret: Secret | None = None
    kis_paper_account: Secret | None = None  # 12345678-01
    kis_live_app_key: Secret | None = None
    kis_live_app_secret: Secret | None = None
    kis_live_account: Secret | None = None
    kis_hts_id: Secret | None = None  # needed for execution notices

    exchange_url: str | None = None  # a running paper exchange; default: `up` starts one
    exchange_port: int = Field(default=0, ge=0, le=65535)  # 0: a free port, kept
    exchange_seed: int = Field(default=1, ge=0)
    oms_address: str | None = None  # gRPC target; default: unix socket under home
    oms_http_port: int = Field(default=0, ge=0, le=65535)  # health and token status on loopback; 0: a free port

    web_host: str = "127.0.0.1"  # loopback only, unless something in front of it ends TLS
    web_port: int = Field(default=0, ge=0, le=65535)  # 0: 8420, or a free port that is kept
    web_url: str | None = None  # https://… as people outside see it; makes cookies Secure

    model: str | None = None  # "openai:gpt-4o-mini", or several, comma-separated: the next is asked when one fails
    model_base_url: str | None = None
    model_api_key: Secret | None = None
    model_daily_krw: int = Field(default=1_000, ge=0)  # a person and KST day, by list prices; 0: no limit
    model_daily_tokens: int = Field(default=1_000_000, ge=0)  # the same in tokens, for models without a price too

    ecos_api_key: Secret | None = None  # statistics of the Bank of Korea; "sample" reads, slowly
    fred_api_key: Secret | None = None  # statistics of the Federal Reserve Bank of St. Louis

    # bounds of one run, which a grade only tightens (domain/constraints.py)
    max_buy_candidates: int = Field(default=3, ge=1, le=5)
    max_single_ticker_weight: Decimal = Field(default=Decimal("0.2"), gt=0, le=1)  # part of the money invested
    min_order_krw: int = Field(default=100_000, ge=1_000, le=10_000_000)
    max_turnover_ratio: Decimal = Field(default=Decimal("0.3"), gt=0, le=1)

    scheduler: Literal["on", "off"] = "on"  # off: `up` runs none; one may run elsewhere
    notify_private: bool = False  # notices may go to addresses that are not public: a server in one's own house
    signup: Literal["closed", "open"] = "closed"
    lake_url: str | None = None  # default: folder under home
    locale: Literal["ko", "en"] = "ko"
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        if isinstance(dotenv_settings, DotEnvSettingsSource):
            # .env also holds other programs' names; only ours are forbidden to be unknown.
            dotenv_settings.env_vars = {
                name: value for name, value in dotenv_settings.env_vars.items() if name.upper().startswith(PREFIX)
            }
        return init_settings, env_settings, dotenv_settings

    @model_validator(mode="after")
    def _complete(self) -> Self:
        for mode in (Broker.PAPER, Broker.LIVE):
            names = tuple(f"kis_{mode.value}_{part}" for part in ("app_key", "app_secret", "account"))
            missing = [PREFIX + name.upper() for name in names if getattr(self, name) is None]
            if 0 < len(missing) < len(names):
                raise ValueError(
                    f"expected all three KIS {mode.value} settings or none, was without {', '.join(missing)}"
                )
            if self.broker is mode and missing and self.kis_devlp is None:
                raise ValueError(
                    f"expected KIS keys for QUARTZ_BROKER={mode.value}, was without {', '.join(missing)} "
                    "(or QUARTZ_KIS_DEVLP, the path of a kis_devlp.yaml)"
                )
        for name in ("kis_paper_account", "kis_live_account"):
            account: SecretStr | None = getattr(self, name)
            if account is not None and not re.fullmatch(r"\d{8}-?\d{2}", account.get_secret_value()):
                raise ValueError(f"expected {PREFIX}{name.upper()} as 12345678-01, was another shape")
        if self.broker is Broker.LIVE and not self.live_trading:
            raise ValueError("expected QUARTZ_LIVE_TRADING=yes for QUARTZ_BROKER=live, was not set")
        if self.live_trading and self.broker is not Broker.LIVE:
            raise ValueError(f"expected QUARTZ_BROKER=live with QUARTZ_LIVE_TRADING=yes, was {self.broker.value}")
        if self.kis_devlp is not None and not self.kis_devlp.is_file():
            raise ValueError("expected QUARTZ_KIS_DEVLP to name an existing file, was not found")
        if self.secret_key is not None and not re.fullmatch(r"[0-9a-fA-F]{64}", self.secret_key.get_secret_value()):
            raise ValueError("expected QUARTZ_SECRET_KEY as 64 hex digits, was another shape")
        return self

    @property
    def has_own_postgres(self) -> bool:
        """True when a PostgreSQL is configured, be it only by the login of one role."""
        return any(getattr(self, name) is not None for name in ("postgres_url", *(f"postgres_url_{r}" for r in ROLES)))

    @property
    def run_dir(self) -> Path:
        """Locks, sockets, services.json of this home."""
        return self.home / "run"

    @property
    def log_dir(self) -> Path:
        return self.home / "logs"


def load_settings(env_file: Path | None = None) -> Settings:
    """Settings from the environment and .env (QUARTZ_ENV_FILE names another file; set and empty: none).

    Raises SettingsError with one line a fault.
    """
    named = os.environ.get("QUARTZ_ENV_FILE")
    file = env_file or (ROOT / ".env" if named is None else Path(named) if named else None)
    try:
        return _from_file(file if file is not None and file.is_file() else None)
    except ValidationError as error:
        raise SettingsError(_explained(error)) from None


def _from_file(file: Path | None) -> Settings:
    class FromFile(Settings):
        model_config = SettingsConfigDict(env_file=file, env_file_encoding="utf-8")

    return Settings.model_construct(**dict(FromFile()))


def unknown_names() -> list[str]:
    """QUARTZ_ names in the environment that no setting reads: probably typing errors. Doctor shows them."""
    known = {PREFIX + name.upper() for name in Settings.model_fields} | TEST_NAMES
    return sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)


def _explained(error: ValidationError) -> str:
    lines = []
    for fault in error.errors(include_input=False, include_url=False):
        where = "_".join(str(part) for part in fault["loc"])
        name = (where if where.lower().startswith(PREFIX.lower()) else PREFIX + where).upper() if where else ""
        if fault["type"] == "extra_forbidden":
            lines.append(f"{name}: expected a known setting, was unknown (see .env.example)")
        else:
            text = fault["msg"].removeprefix("Value error, ")
            lines.append(f"{name}: {text}" if name else text)
    return "\n".join(lines)
