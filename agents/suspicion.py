"""Whether words from outside try to instruct whoever reads them.

A model is asked the same, but a model can be talked out of it. What these patterns find marks a proposal in any case; what
they miss, a model may still find. So both together can only raise the risk. A hit says nothing about guilt: it makes people
look twice.
"""

import re
from collections.abc import Iterable

STRANGE = "The ticket tries to give instructions to the agent or sounds like a fraud."

_ORDERS = (
    r"\b(ignore|disregard|forget|override|bypass)\b.{0,40}"
    r"\b(instructions?|prompts?|rules?|polic(y|ies)|guidelines|(all|everything) above)\b",
    r"\bsystem prompt\b|\byou are now\b|\bas an ai\b|\bdeveloper mode\b|\b(new|updated) instructions\b|\bjailbreak",
    r"\b(pre-?|already )approved by\b|\bno (human |manual )?(review|approval) (is )?(needed|required)\b|"
    r"\bwithout (asking|approval|review)\b|\bauto-?approve\b",
    r"<\s{0,9}/?\s{0,9}(system|assistant|data|instructions?|tool_\w+)\b|\[/?(inst|system)\]",
    r"^[ \t]{0,20}(system|assistant)[ \t]{0,20}:",
    r"\b(ai|bot|assistant|agent|llm|claude)\b[^.!?\n]{0,20}[:,]\s{0,9}(please )?"
    r"(refund|send|delete|forward|approve|execute|transfer)\b",
    r"\bignorier\w*\b.{0,40}\b(anweisung|regel|vorgabe)\w*|\bohne (freigabe|rückfrage)\b",
    r"\bignor(e|ez|er)\b.{0,40}\b(instructions|règles|consignes)\b|\bsans (validation|approbation)\b",
    r"\bignor(a|e|ar|en)\b.{0,40}\b(instrucciones|reglas|instruções|regras|istruzioni|regole)\b|\bsin aprobación\b",
    r"تجاهل.{0,40}(التعليمات|القواعد|الأوامر)|بدون موافقة",
    r"忽略.{0,20}(指令|指示|规则)|無視.{0,10}(指示|命令)|(指示|命令).{0,10}無視",
)
_STRANGE = re.compile("|".join(f"(?:{words})" for words in _ORDERS), re.IGNORECASE | re.DOTALL | re.MULTILINE)
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\U000e0000-\U000e007f]")
_MOST = 200_000  # characters


def strange(texts: Iterable[str]) -> bool:
    """Whether one of these texts sounds like instructions to a program, also where unseen characters break its words up."""
    return any(_STRANGE.search(_UNSEEN.sub("", text[:_MOST])) for text in texts)
