"""How many model calls TradingAgents' public graph makes for one name, and how much they read and write. A count of
ours from its code; none of its texts is here.

Source: github.com/TauricResearch/TradingAgents. Who follows whom: tradingagents/graph/setup.py (analysts one after
another, two researchers, research manager, trader, three risk debators, the judge of risk or portfolio manager).
Rounds: tradingagents/graph/conditional_logic.py (an analyst is asked again while its last message asks for tools; the
debate ends after 2 x max_debate_rounds, the risk debate after 3 x max_risk_discuss_rounds), both 1 in
tradingagents/default_config.py; the command line offers 1, 3 and 5 (cli/utils.py). tradingagents/graph/
trading_graph.py: one name a run; the decision is read out by tradingagents/graph/signal_processing.py, a call in most
versions and code in the newest; tradingagents/graph/reflection.py asks later, once results are known, and is not
counted.

What no code says is how long texts are. Fixed prompts are measured in characters of the named files; what tools bring
and what models write is assumed, on the low side, and English counts four characters a token.
"""

from __future__ import annotations

from dataclasses import dataclass

SIGNS_A_TOKEN = 4
# Characters, assumed: what an analyst hands on, an argument of a debate, a plan, a last word, the word for a signal.
REPORT, ARGUMENT, PLAN, VERDICT, SIGNAL = 4_000, 2_000, 2_000, 2_500, 4
ASKING_TOOLS = 200  # a message that only asks for tools


@dataclass(frozen=True, slots=True)
class Call:
    """Tokens."""

    given: int
    made: int


@dataclass(frozen=True, slots=True)
class Analyst:
    """`prompt`: fixed characters; `brings`: characters that its tools bring before each further call."""

    source: str
    prompt: int
    brings: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Configuration:
    analysts: tuple[Analyst, ...]
    debate_rounds: int = 1
    risk_rounds: int = 1
    reads_signal: bool = True


# Prices of some 60 sessions; eight indicators of 30 days; 20 articles of the name and 10 of the world
# (news_article_limit, global_news_article_limit); an overview and three statements.
_PRICES, _INDICATORS, _OF_NAME, _OF_WORLD, _ACCOUNTS = 4_000, 8 * 1_200, 20 * 300, 10 * 300, 12_000
MARKET = "tradingagents/agents/analysts/market_analyst.py"
SOCIAL = "tradingagents/agents/analysts/social_media_analyst.py"
NEWS = "tradingagents/agents/analysts/news_analyst.py"
FUNDAMENTALS = "tradingagents/agents/analysts/fundamentals_analyst.py"

_NEWS = Analyst(NEWS, 1_500, (_OF_NAME + _OF_WORLD,))
_FUNDAMENTALS = Analyst(FUNDAMENTALS, 1_500, (_ACCOUNTS,))
_USUAL = (
    Analyst(MARKET, 5_600, (_PRICES, _INDICATORS)),  # told to fetch prices first, then indicators
    Analyst(SOCIAL, 1_700, (_OF_NAME,)),
    _NEWS,
    _FUNDAMENTALS,
)
_FEWEST = (
    Analyst(MARKET, 5_600, (_PRICES + _INDICATORS,)),  # everything asked for in one message
    Analyst(SOCIAL, 1_700 + _OF_NAME, ()),  # newer versions put the texts into the first question
    _NEWS,
    _FUNDAMENTALS,
)
CONFIGURATIONS = {
    "fewest": Configuration(_FEWEST, reads_signal=False),
    "default": Configuration(_USUAL),
    "deepest": Configuration(_USUAL, debate_rounds=5, risk_rounds=5),
}

# Fixed characters of the later prompts.
RESEARCHER = 1_900  # tradingagents/agents/researchers/bull_researcher.py, bear_researcher.py
RESEARCH_MANAGER = 2_000  # tradingagents/agents/managers/research_manager.py
TRADER = 1_000  # tradingagents/agents/trader/trader.py
DEBATOR = 1_800  # tradingagents/agents/risk_mgmt/: aggressive, conservative, neutral
JUDGE = 2_000  # tradingagents/agents/managers/risk_manager.py, later portfolio_manager.py
READER = 500  # tradingagents/graph/signal_processing.py


def calls_of(configuration: Configuration) -> list[Call]:
    """Every call for one name, in order."""
    made = [call for analyst in configuration.analysts for call in _analysed(analyst)]
    reports, said = len(configuration.analysts) * REPORT, 0
    for _ in range(2 * configuration.debate_rounds):
        made.append(_call(RESEARCHER + reports + said + (ARGUMENT if said else 0), ARGUMENT))
        said += ARGUMENT
    made.append(_call(RESEARCH_MANAGER + said, PLAN))
    made.append(_call(TRADER + PLAN, PLAN))
    said = 0
    for turn in range(3 * configuration.risk_rounds):
        others = min(turn, 2) * ARGUMENT  # the last word of each of the other two
        made.append(_call(DEBATOR + reports + PLAN + said + others, ARGUMENT))
        said += ARGUMENT
    made.append(_call(JUDGE + PLAN + said, VERDICT))
    if configuration.reads_signal:
        made.append(_call(READER + VERDICT, SIGNAL))
    return made


def _analysed(analyst: Analyst) -> list[Call]:
    """A call that asks for tools for each that brings something, and the one that writes the report."""
    found, read = [], analyst.prompt
    for brought in analyst.brings:
        found.append(_call(read, ASKING_TOOLS))
        read += ASKING_TOOLS + brought
    return [*found, _call(read, REPORT)]


def _call(given: int, made: int) -> Call:
    return Call(given // SIGNS_A_TOKEN, made // SIGNS_A_TOKEN)
