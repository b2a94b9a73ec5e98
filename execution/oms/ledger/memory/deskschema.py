"""The desk's tables in memory, as far as the OMS reads them, with the constraints that the migrations give them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from domain.orders.types import Plan
from execution.oms.ledger.desk import ProfileRow
from execution.oms.ledger.memory.table import Check, Refers, Table, Unique


class UserRow(NamedTuple):
    user_id: UUID
    name: str
    is_owner: bool


class DeskAccountRow(NamedTuple):
    account_ref: str
    owner: UUID
    venue: str
    created_at: datetime


class PlanRow(NamedTuple):
    plan: Plan
    plan_hash: str


class QuestionRow(NamedTuple):
    approval_id: UUID
    plan_id: UUID
    version: int
    plan_hash: str
    account_ref: str
    user_id: UUID
    expires_at: datetime


class AnswerRow(NamedTuple):
    approval_id: UUID
    user_id: UUID
    plan_hash: str
    decision: str
    quantities: Any
    unsuitable_ack: bool
    decided_at: datetime


class OfferRow(NamedTuple):
    mandate_id: UUID
    account_ref: str
    user_id: UUID
    kind: str
    strategy_hash: str | None
    bounds: Any
    bounds_hash: str
    created_at: datetime
    expires_at: datetime


class SignatureRow(NamedTuple):
    mandate_id: UUID
    user_id: UUID
    bounds_hash: str
    signed_at: datetime


class RevocationRow(NamedTuple):
    mandate_id: UUID
    user_id: UUID
    revoked_at: datetime


class OwnedProfileRow(NamedTuple):
    user_id: UUID
    profile: ProfileRow


class StrategyRow(NamedTuple):
    strategy_id: UUID
    version: int
    user_id: UUID
    hash: str


class DeskTables:
    def __init__(self) -> None:
        self.users = Table[UserRow](
            "users",
            lambda r: r.user_id,
            "users_pkey",
            uniques=(
                Unique("users_name_key", lambda r: r.name),
                Unique("one_owner", lambda r: True if r.is_owner else None),
            ),
            checks=(Check("users_name_check", lambda r: r.name != ""),),
        )
        self.accounts = Table[DeskAccountRow](
            "desk.accounts",
            lambda r: r.account_ref,
            "accounts_pkey",
            uniques=(Unique("accounts_owner_venue_key", lambda r: (r.owner, r.venue)),),
            checks=(
                Check("accounts_account_ref_check", lambda r: r.account_ref != ""),
                Check("accounts_venue_check", lambda r: r.venue in ("sim", "paper", "live")),
            ),
            refers=(Refers("accounts_owner_fkey", self.users, lambda r: r.owner),),
            lookups={"venue": lambda r: r.venue},
        )
        self.plans = Table[PlanRow](
            "plans",
            lambda r: (r.plan.plan_id, r.plan.version),
            "plans_pkey",
            checks=(
                Check("plans_version_check", lambda r: r.plan.version > 0),
                Check("plan_legs_quantity_check", lambda r: all(leg.quantity > 0 for leg in r.plan.legs)),
                Check(
                    "plan_legs_check1",
                    lambda r: all((leg.order_type == "limit") == (leg.limit_price is not None) for leg in r.plan.legs),
                ),
            ),
            refers=(
                Refers("plans_account_ref_fkey", self.accounts, lambda r: r.plan.account_ref),
                Refers("plans_user_id_fkey", self.users, lambda r: r.plan.user_id),
            ),
            lookups={"plan": lambda r: r.plan.plan_id},
        )
        self.questions = Table[QuestionRow](
            "approval_requests",
            lambda r: r.approval_id,
            "approval_requests_pkey",
            uniques=(Unique("approval_requests_plan_id_version_key", lambda r: (r.plan_id, r.version)),),
            refers=(
                Refers("approval_requests_account_ref_fkey", self.accounts, lambda r: r.account_ref),
                Refers("approval_requests_user_id_fkey", self.users, lambda r: r.user_id),
                Refers("approval_requests_plan_id_version_fkey", self.plans, lambda r: (r.plan_id, r.version)),
            ),
        )
        self.answers = Table[AnswerRow](
            "approvals",
            lambda r: r.approval_id,
            "approvals_pkey",
            checks=(Check("approvals_decision_check", lambda r: r.decision in ("approve", "reject")),),
        )
        self.offers = Table[OfferRow](
            "mandate_offers",
            lambda r: r.mandate_id,
            "mandate_offers_pkey",
            checks=(Check("mandate_offers_kind_check", lambda r: r.kind in ("cycle", "strategy", "savings")),),
            refers=(
                Refers("mandate_offers_account_ref_fkey", self.accounts, lambda r: r.account_ref),
                Refers("mandate_offers_user_id_fkey", self.users, lambda r: r.user_id),
            ),
        )
        self.signatures = Table[SignatureRow]("mandates", lambda r: r.mandate_id, "mandates_pkey")
        self.revocations = Table[RevocationRow](
            "mandate_revocations",
            lambda r: r.mandate_id,
            "mandate_revocations_pkey",
            refers=(Refers("mandate_revocations_mandate_id_fkey", self.signatures, lambda r: r.mandate_id),),
        )
        self.profiles = Table[OwnedProfileRow](
            "profiles",
            lambda r: (r.user_id, r.profile.version),
            "profiles_pkey",
            checks=(
                Check("profiles_version_check", lambda r: r.profile.version > 0),
                Check("profiles_check", lambda r: r.profile.expires_at > r.profile.confirmed_at),
            ),
            refers=(Refers("profiles_user_id_fkey", self.users, lambda r: r.user_id),),
            lookups={"user": lambda r: r.user_id},
        )
        self.strategies = Table[StrategyRow](
            "strategies",
            lambda r: (r.strategy_id, r.version),
            "strategies_pkey",
            checks=(Check("strategies_version_check", lambda r: r.version > 0),),
            refers=(Refers("strategies_user_id_fkey", self.users, lambda r: r.user_id),),
            lookups={"strategy": lambda r: r.strategy_id},
        )
